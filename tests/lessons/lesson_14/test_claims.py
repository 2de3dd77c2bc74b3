"""What lesson 14 says of models, on the simulator's own rows: no Spark, so that it takes seconds.

The rows are those of silver but for what silver derives, which is derived here as pipeline/silver.py does.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sleigh.domain import NIGHT_START, WEATHER_IMPACT
from sleigh.simulator.night import night
from threadpoolctl import threadpool_limits

SECONDS = ["delivery_time_seconds", "adjusted_delivery_time_seconds", "effective_speed_kmh"]
MEASURES = ["num_gifts", "latitude", "longitude", "distance_from_previous_km"]


@pytest.fixture(scope="module")
def rows():
    sent = night(1500, rate=100)
    rows = sent.events.to_pandas().assign(
        true=sent.truth["delay_probability"].to_numpy(), time=sent.truth["event_time"].to_pandas()
    )
    rows = rows[np.array(sent.truth["kind"].to_pylist()) == "clean"]
    rows["is_delayed"] = (rows["status"] == "delayed").astype(int)
    rows["hour"] = (rows["time"] - NIGHT_START) // pd.Timedelta("1h")
    impact = rows["weather_condition"].map(WEATHER_IMPACT)
    rows["adjusted_delivery_time_seconds"] = rows["delivery_time_seconds"] / impact
    rows["effective_speed_kmh"] = rows["distance_from_previous_km"] / (rows["delivery_time_seconds"] / 3600)
    return rows


def hours(rows, first, last):
    return rows[rows["hour"].between(first, last - 1)]


def auc(deliveries, scores):
    return roc_auc_score(deliveries["is_delayed"], scores)


def names(deliveries):
    """The indicators of weather and gift, in one order for all."""
    columns = [deliveries["weather_condition"] == name for name in WEATHER_IMPACT]
    columns += [deliveries["gift_type"] == name for name in ("Toys", "Books", "Electronics", "Clothing", "Games")]
    columns += [deliveries["gift_type"] == name for name in ("Art Supplies", "Sports Equipment")]
    return np.column_stack(columns).astype(float)


def logit(train):
    return LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(names(train), train["is_delayed"])


def predicted(model, deliveries):
    return model.predict_proba(names(deliveries))[:, 1]


def trees(train, test, columns):
    """The AUC of boosted trees of `columns` on both."""
    model = HistGradientBoostingClassifier(max_iter=20, early_stopping=False, random_state=14)
    with threadpool_limits(1):  # two threads wait for each other where other tests have the cores
        model.fit(train[columns], train["is_delayed"])
        return [auc(part, model.predict_proba(part[columns])[:, 1]) for part in (train, test)]


def test_never_is_right_95_times_in_100_and_a_coin(rows):
    later = hours(rows, 4, 6)
    assert 0.945 < 1 - later["is_delayed"].mean() < 0.96
    assert auc(later, np.zeros(len(later))) == 0.5


def test_nobody_can_be_as_good_as_a_leak_and_it_survives_in_what_is_derived(rows):
    past, later = hours(rows, 0, 4), hours(rows, 4, 6)
    assert auc(later, later["true"]) < 0.67
    for left in range(3):
        assert trees(past, later, MEASURES + SECONDS[left:])[1] > 0.9, SECONDS[left:]
    on_the_past, on_later = trees(past, later, MEASURES)
    assert on_later < 0.6 < on_the_past


def test_two_columns_are_as_good_as_the_truth_and_the_past_can_be_beaten_only_by_memory(rows):
    past, later = hours(rows, 0, 4), hours(rows, 4, 6)
    model = logit(past)
    assert auc(later, predicted(model, later)) > auc(later, later["true"]) - 0.01
    assert abs(predicted(model, later) - later["true"]).mean() < 0.005


def city_rate(known, deliveries):
    return deliveries["city"].map(known.groupby("city")["is_delayed"].mean()).fillna(known["is_delayed"].mean())


def test_the_rate_of_a_city_looks_well_in_every_split_but_the_one_that_is_asked_for(rows):
    past, later, six = hours(rows, 0, 4), hours(rows, 4, 6), hours(rows, 0, 6)
    train = six.sample(len(past), random_state=14)
    test = six.drop(train.index)
    found = {
        "random, all": auc(test, city_rate(six, test)),
        "random, train": auc(test, city_rate(train, test)),
        "time, all": auc(later, city_rate(six, later)),
    }
    assert min(found.values()) > 0.56, found
    assert auc(later, city_rate(past, later)) < 0.52
    assert (~later["city"].isin(set(past["city"]))).mean() > 0.3


def test_the_auc_falls_with_the_best_that_is_possible_and_predicted_stays_with_observed(rows):
    model = logit(hours(rows, 0, 4))
    best, own, off = {}, {}, {}
    for hour, deliveries in rows.groupby("hour"):
        p = predicted(model, deliveries)
        best[hour], own[hour] = auc(deliveries, deliveries["true"]), auc(deliveries, p)
        off[hour] = (deliveries["is_delayed"].sum() - p.sum()) / np.sqrt((p * (1 - p)).sum())
    assert best[17] < 0.6 < 0.64 < auc(hours(rows, 4, 6), hours(rows, 4, 6)["true"])
    assert all(abs(best[hour] - own[hour]) < 0.03 for hour in best)
    assert max(map(abs, off.values())) < 3.5


def test_the_newest_hours_are_the_worst_to_train_on(rows):
    rest = hours(rows, 20, 25)
    off = {
        name: abs(predicted(logit(train), rest) - rest["true"]).mean()
        for name, train in {
            "first": hours(rows, 0, 4),
            "newest": hours(rows, 18, 20),
            "all": hours(rows, 0, 20),
        }.items()
    }
    assert off["all"] < off["first"] < off["newest"] / 2, off
    assert (hours(rows, 18, 20)["weather_condition"] == "Snowy").mean() < 0.03


def test_weather_that_the_model_does_not_know_costs_the_score_and_nothing_else_tells(rows):
    later = hours(rows, 4, 6)
    model = logit(hours(rows, 0, 4))
    blind = names(later)
    blind[:, : len(WEATHER_IMPACT)] = 0
    p = model.predict_proba(blind)[:, 1]
    assert np.isfinite(p).all() and auc(later, p) < auc(later, predicted(model, later)) - 0.03
    assert p.mean() > 1.15 * later["is_delayed"].mean()
