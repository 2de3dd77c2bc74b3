"""The delay model: what it learns, what it refuses, that each delivery gets one prediction.

test_together.py kills it, with the others.
"""

import json
import shutil

import helpers
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import extensions, landing, ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.extensions import delay_model
from sleigh.extensions.delay_model import models, scoring, training
from sleigh.pipeline.stages import STAGES
from sleigh.serve import warehouse
from sleigh.simulator.night import night
from sleigh.tables import PREDICTIONS, SILVER

NAMES = ["delay_model"]

UP_TO_SILVER = {stage: STAGES[stage] for stage in ("bronze", "silver")}


@pytest.fixture(scope="module")
def scored_folder(spark, late_folder, card, tmp_path_factory):
    """A lake with late events and the predictions of all its silver."""
    folder = shutil.copytree(late_folder, tmp_path_factory.mktemp("scored") / "lake")
    runtime.open_lake(spark, folder)
    models.save(card)
    pipeline.run(spark, stages=extensions.stages(NAMES))
    return folder


@pytest.fixture
def scored(spark, scored_folder):
    """The lake of scored_folder, open. Read it only."""
    return helpers.opened(spark, scored_folder)


@pytest.fixture
def mine(spark, scored_folder, tmp_path):
    """A copy of it, open."""
    return helpers.opened(spark, shutil.copytree(scored_folder, tmp_path / "lake"))


# What it learns


def test_the_model_comes_close_to_the_true_probability_of_every_weather_and_gift(spark, card):
    """It has seen another night than this one. Its weights add up where the simulator multiplies, hence the 0.015."""
    sent = night(1500, rate=20, faults="none")
    kinds = sent.events.select(["weather_condition", "gift_type"]).append_column("p", sent.truth["delay_probability"])
    kinds = kinds.group_by(kinds.column_names).aggregate([])
    rows = spark.createDataFrame(kinds).withColumn("predicted", scoring.probability(card)).collect()
    assert len(rows) == 28
    assert max(abs(row.predicted - row.p) for row in rows) < 0.015


def test_counts_give_the_model_that_rows_give(spark, plain):
    """scikit-learn over one row a delivery, as any textbook has it, against the library's fit to counts."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    silver = spark.table(SILVER.name)
    rows = silver.toPandas()
    features = list(delay_model.features.FEATURES)
    encoder = make_column_transformer((OneHotEncoder(), features))
    textbook = make_pipeline(encoder, LogisticRegression(solver="newton-cholesky", tol=1e-10)).fit(
        rows[features], rows["is_delayed"]
    )
    expected = textbook.predict_proba(rows[features])[:, 1]
    card = training.fit(silver)
    found = silver.select("delivery_id", scoring.probability(card).alias("p")).toPandas()
    found = rows[["delivery_id"]].merge(found)["p"].to_numpy()
    assert abs(found - expected).max() < 2e-6
    assert card["trained_on"]["rows"] == len(rows) and card["trained_on"]["delayed"] == rows["is_delayed"].sum()
    assert card["version"] == training.fit(silver)["version"]


def test_what_the_model_has_not_seen_weighs_nothing_and_stops_nothing(spark, card):
    rows = [("Snowy", "Toys"), ("Hail", "Toys"), (None, "Toys"), ("Snowy", None), (None, None)]
    found = spark.createDataFrame(rows, "weather_condition string, gift_type string")
    found = [row.p for row in found.select(scoring.probability(card).alias("p")).collect()]
    assert found[1] == found[2] < found[0] and found[3] < found[0]
    assert found[4] == pytest.approx(1 / (1 + 2.718281828459045 ** -card["intercept"]), abs=1e-6)


def test_a_night_without_a_delay_trains_nothing(spark, plain):
    with pytest.raises(SleighError, match=r"^a model needs deliveries that were delayed and some that were not"):
        training.fit(spark.table(SILVER.name).where("is_delayed = 0"))


@pytest.mark.parametrize("column", ["delivery_time_seconds", "effective_speed_kmh", "status", "no_such_column"])
def test_what_is_known_only_afterwards_is_refused(spark, plain, column):
    with pytest.raises(SleighError, match=rf"^a delay model cannot use '{column}': at departure only .* are known"):
        training.fit(spark.table(SILVER.name), ["gift_type", column])


# The lake's models


def test_prepare_trains_once_and_keeps_what_is_there(spark, lake, monkeypatch, card):
    monkeypatch.setattr(training, "fit", lambda rows: card)
    extensions.prepare(spark, NAMES)
    assert models.in_use() == card["version"] and models.load() == card
    monkeypatch.setattr(training, "fit", lambda rows: pytest.fail("trained again"))
    extensions.prepare(spark, NAMES)
    assert models.known() == {card["version"]}


def test_a_model_is_data_and_its_lake_can_be_removed(spark, lake, card):
    models.save(card)
    text = (lake / "_models" / "delay_model" / f"{card['version']}.json").read_text()
    assert json.loads(text) == card and card["made_with"].startswith("scikit-learn ")
    runtime.remove_lake(lake)
    assert not lake.exists() or not (lake / "_models").exists()


def test_another_release_of_scikit_learn_makes_the_same_version(spark, lake, card):
    models.save(card | {"made_with": "scikit-learn 0.1"})
    assert models.load()["version"] == card["version"]


def other(card, **changes):
    """The card with other content, and the version that belongs to it."""
    made = {name: part for name, part in card.items() if name not in ("version", "made_with")} | changes
    return {"version": models._hash(made), **made}


def put(lake, card, text=None):
    models.save(card)
    if text is not None:
        (lake / "_models" / "delay_model" / f"{card['version']}.json").write_text(text)


REFUSED = {
    "this lake has no delay model: ": lambda lake, card: None,
    r"this lake has no delay model \w+: bring .*\.json back": lambda lake, card: (
        put(lake, card),
        (lake / "_models" / "delay_model" / f"{card['version']}.json").unlink(),
    ),
    r".*\.json is damaged: ": lambda lake, card: put(lake, card, '{"version": "'),
    r".*\.json is damaged: bring": lambda lake, card: put(lake, card, "[]"),
    r".*\.json was changed after it was written": lambda lake, card: put(
        lake, card, json.dumps(card | {"intercept": 3.0})
    ),
    r".*\.json holds a model of another kind \(trees\)": lambda lake, card: put(lake, other(card, form="trees")),
    "a delay model cannot use 'is_delayed'": lambda lake, card: put(
        lake, other(card, weights={"is_delayed": {"1": 9}})
    ),
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_model_that_cannot_be_used_is_one_line(spark, lake, card, said):
    REFUSED[said](lake, card)
    with pytest.raises(SleighError, match=f"^{said}") as caught:
        models.load()
    assert "\n" not in str(caught.value)


# The stream


@pytest.mark.parametrize("sink", ["spark", "delta-rs"])
def test_the_stream_writes_what_the_batch_computes(spark, scored, tmp_path, card, sink):
    if sink == "delta-rs":  # the same lake, begun anew
        folder = shutil.copytree(scored, tmp_path / "lake", ignore=shutil.ignore_patterns(PREDICTIONS.name))
        helpers.opened(spark, folder)
        pipeline.run(spark, stages=extensions.stages(NAMES), sink=sink)
    expected = scoring.score(spark.table(SILVER.name), card)
    helpers.assert_same(runtime.read(spark, PREDICTIONS.name), expected)
    commits = DeltaTable(str(runtime.lake() / PREDICTIONS.name)).version()
    assert commits >= 3, "several micro-batches"


def test_a_new_model_predicts_from_the_next_start_on_and_the_ledger_knows_both(spark, late_folder, tmp_path, card):
    folder = shutil.copytree(late_folder, tmp_path / "lake")
    helpers.opened(spark, folder)
    models.save(card)
    pipeline.run(spark, stages=extensions.stages(NAMES))
    newer = other(card, intercept=-3.0)
    models.save(newer)
    landing.generate(spark, **helpers.LATE | {"start_minute": 120, "minutes": 5})
    pipeline.run(spark, stages=UP_TO_SILVER)
    pipeline.run(spark, stages=extensions.stages(NAMES))
    audit = delay_model.audit(spark)
    assert audit.balanced, audit.wrong
    assert audit.counts["models"] == sorted([card["version"], newer["version"]])


# The ledger


def test_the_ledger_has_its_line(spark, scored, card):
    balance = extensions.audit(spark, NAMES, ledger.reconcile(spark))
    (audit,) = balance.extensions
    assert balance.balanced, str(balance)
    assert audit.counts["predictions"] == audit.counts["silver"] == balance.silver
    assert abs(audit.counts["predicted_percent"] - audit.counts["true_percent"]) < 1
    assert f"predictions {balance.silver:,} = silver {balance.silver:,}" in str(balance)
    assert str(balance).count(card["version"]) == 1


def test_what_is_wrong_is_named(spark, mine, card):
    table = DeltaTable(str(mine / PREDICTIONS.name))
    rows = table.to_pyarrow_table().sort_by("delivery_id")
    gone, doubled, stranger, absurd = rows["delivery_id"].to_pylist()[:4]
    table.delete(f"delivery_id = '{gone}'")
    table.update({"model_version": "'0123'"}, predicate=f"delivery_id = '{stranger}'")
    table.update({"probability": "'NaN'"}, predicate=f"delivery_id = '{absurd}'")
    extra = rows.slice(1, 1)
    nobody = rows.slice(5, 1).set_column(0, rows.schema.field(0), pa.array(["SD-7-9"]))
    write_deltalake(table, pa.concat_tables([extra, nobody]), mode="append")
    audit = delay_model.audit(spark)
    assert list(audit.wrong) == sorted(
        [
            f"{gone} has no prediction",
            f"{doubled} has 2 predictions and 1 rows in silver",
            f"{stranger} is predicted by model 0123, which the lake does not have",
            f"{absurd} has the probability nan",
            "SD-7-9 is not in silver",
        ]
    )
    assert not audit.balanced and "≠" in audit.line


def test_a_lake_without_predictions_says_who_makes_them(spark, plain):
    with pytest.raises(SleighError, match=r"^there is no table delay_predictions in this lake yet: .*\(lesson 14\)"):
        delay_model.audit(spark)


def test_silver_that_is_empty_balances(spark, late_folder, lake, card):
    helpers.land_messages(spark, [helpers.message(delivery_id=None, _broken=["valid_delivery_id"])])
    pipeline.run(spark, stages=UP_TO_SILVER)
    models.save(card)
    pipeline.run(spark, stages=extensions.stages(NAMES))
    audit = delay_model.audit(spark)
    assert audit.balanced and audit.line == "predictions 0 = silver 0 · model none yet"


def test_both_engines_answer_the_dashboards_query_alike(spark, scored):
    house = warehouse.Warehouse(scored)
    house.refresh()
    helpers.assert_same(house.ask("delay_model"), warehouse.ask_spark(spark, "delay_model"))
    assert house.ask_extensions().keys() == {"delay_model"}
