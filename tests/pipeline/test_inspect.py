"""`sleigh inspect`: what it says of real streams, what it says after each fault, and that Spark does what it says."""

import json
import os
import re
import shutil
import threading

import helpers
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import functions as F
from sleigh import extensions, pipeline
from sleigh.errors import SleighError
from sleigh.extensions.route_anomalies.route import SETTINGS as ROCKS_DB
from sleigh.pipeline import inspect, streams

SILVER = "silver_santa_deliveries"

ROWS = 5
"""Rows of a commit of the source; each has one file."""


def land(lake, number, table="source"):
    """Commit ROWS rows to the source, ids and minutes that follow those of commit `number` - 1."""
    ids = list(range(ROWS * number, ROWS * number + ROWS))
    at = pa.array([1_800_000_000_000_000 + 60_000_000 * each for each in ids], pa.timestamp("us", "UTC"))
    write_deltalake(str(lake / table), pa.table({"id": pa.array(ids, pa.int32()), "at": at}), mode="append")


def source(spark, lake, table="source", files=1, **options):
    reader = spark.readStream.format("delta").options(**options)
    return (reader.option("maxFilesPerTrigger", files) if files else reader).load(str(lake / table))


def begin(rows, lake, name, trigger=None):
    """Start the stream `name` that appends `rows` to the table of this name."""
    writer = rows.writeStream.format("delta").option("checkpointLocation", str(lake / "_checkpoints" / name))
    return writer.trigger(**(trigger or {"availableNow": True})).start(str(lake / name))


def seen(rows):
    return rows.withWatermark("at", "3 minutes").dropDuplicatesWithinWatermark(["id"])


def joined(one, other):
    one, other = (rows.withWatermark("at", "3 minutes").alias(name) for rows, name in ((one, "l"), (other, "r")))
    return one.join(other, F.expr("l.id = r.id AND l.at = r.at")).select("l.id", "l.at")


@pytest.fixture(scope="module")
def folder(spark, tmp_path_factory):
    """A lake of four streams that have read three commits, a micro-batch each; and what Spark's progress said at the end."""
    lake = tmp_path_factory.mktemp("inspect") / "lake"
    for number in range(3):
        land(lake, number)
        land(lake, number, "other")
    queries = {
        "copied": begin(source(spark, lake), lake, "copied"),
        "seen": begin(seen(source(spark, lake)), lake, "seen"),
        "joined": begin(joined(source(spark, lake), source(spark, lake, "other")), lake, "joined"),
    }
    with streams.settings(spark, ROCKS_DB):
        queries["rocks"] = begin(seen(source(spark, lake)), lake, "rocks")
    streams.drain(*queries.values())
    (lake / "said.json").write_text(json.dumps({name: streams.progress(each)[-1] for name, each in queries.items()}))
    return lake


@pytest.fixture
def lake(folder, tmp_path):
    """A copy, and a fourth commit that waits."""
    lake = shutil.copytree(folder, tmp_path / "lake")
    land(lake, 3)
    return lake


def of(lake, name="copied", sources=("source",)):
    """What inspect says of a stream."""
    return inspect.stream(lake / name, lake / "_checkpoints" / name, [lake / each for each in sources])


def again(spark, lake, name="copied", files=1, **options):
    """Start the stream again, to its end. Returns the numbers of its micro-batches."""
    rows = source(spark, lake, files=files, **options)
    query = begin(seen(rows) if name == "seen" else rows, lake, name)
    query.awaitTermination()
    return [step["batch"] for step in streams.progress(query)]


def ids(lake, name="copied"):
    return sorted(DeltaTable(str(lake / name)).to_pyarrow_table(columns=["id"])["id"].to_pylist())


ALL = list(range(4 * ROWS))


# --- sound streams ----------------------------------------------------------------------------------------------------


def test_each_stream_stands_where_spark_s_progress_says(folder):
    said = json.loads((folder / "said.json").read_text())
    found = {entry["stream"]: entry for entry in inspect.streams(folder)}
    assert list(found) == ["copied", "joined", "rocks", "seen"]
    assert found["joined"]["source"] == "source, other" and found["seen"]["source"] == "source"
    for name, entry in found.items():
        assert tuple(entry) == inspect.KEYS
        assert entry["state_rows"] == said[name]["state_rows"] and entry["unknown"] == {}
        assert entry["watermark"] == said[name]["watermark"]
        assert entry["last_offset"] == entry["last_commit"] == said[name]["batch"]
        assert entry["restart"] == f"goes on with micro-batch {said[name]['batch'] + 1}" and entry["broken"] is None
        assert entry["files_waiting"] == entry["rows_waiting"] == 0
    assert 0 < found["seen"]["state_rows"] < 3 * ROWS, "some is forgotten, some is not"
    assert found["rocks"]["state_rows"] == found["seen"]["state_rows"] and found["joined"]["state_rows"] > 0


def test_what_waits_is_counted_also_where_the_log_has_no_counts(lake, spark):
    land(lake, 4)
    assert (of(lake)["files_waiting"], of(lake)["rows_waiting"]) == (2, 2 * ROWS)
    rows = spark.range(7).select(F.col("id").cast("int"), F.lit(None).cast("timestamp").alias("at"))
    rows.coalesce(1).write.format("delta").mode("append").save(str(lake / "source"))
    last = max((lake / "source" / "_delta_log").glob("*.json")).read_text()
    assert '"stats"' not in last
    assert (of(lake)["files_waiting"], of(lake)["rows_waiting"]) == (3, 2 * ROWS + 7)
    assert of(lake, "joined", ["source", "other"])["files_waiting"] == 3, "of both sources"


def test_a_stream_in_the_middle_of_its_first_snapshot(spark, lake):
    """`half` fails in its second micro-batch, at the third of four files."""
    rows = source(spark, lake, files=2)
    rows = rows.select(F.expr("IF(id >= 10, raise_error('no'), id)").cast("int").alias("id"), "at")
    with pytest.raises(Exception, match="no"):
        begin(rows, lake, "half").awaitTermination()
    entry = of(lake, "half")
    assert (entry["last_offset"], entry["last_commit"], entry["files_waiting"], entry["rows_waiting"]) == (1, 0, 2, 10)
    assert entry["restart"] == "repeats micro-batch 1 and writes it" and entry["broken"] is None
    assert again(spark, lake, "half") == [1] and ids(lake, "half") == ALL


def test_a_stream_that_has_not_begun(lake):
    entry = of(lake, "new")
    assert entry["restart"] == "starts from the beginning" and entry["broken"] is None
    assert (entry["last_offset"], entry["last_commit"], entry["files_waiting"]) == (None, None, 4)


def test_repeated_where_the_table_has_the_rows(spark, lake):
    """As after a kill between the table's commit and the stream's."""
    (lake / "_checkpoints" / "copied" / "commits" / "2").unlink()
    entry = of(lake)
    assert entry["restart"] == "repeats micro-batch 2: its rows are in the table already, nothing is written twice"
    assert entry["broken"] is None and (entry["last_offset"], entry["last_commit"]) == (2, 1)
    assert entry["files_waiting"] == 2, "the files of micro-batch 2 have not ended"
    assert again(spark, lake) == [2, 3] and ids(lake) == ALL


def test_nothing_is_written_and_no_java_is_needed(lake):
    before = {path: path.stat().st_mtime_ns for path in lake.rglob("*")}
    done = helpers.command("inspect", str(lake), PATH="/nonexistent", JAVA_HOME="/nonexistent")
    assert done.returncode == 0 and done.stderr == "" and "4 streams, none broken" in done.stdout
    assert before == {path: path.stat().st_mtime_ns for path in lake.rglob("*")}


def test_while_the_stream_runs_it_is_sound(spark, lake):
    query = begin(source(spark, lake), lake, "copied", {"processingTime": "0 seconds"})
    writer = threading.Thread(target=lambda: [land(lake, number) for number in range(4, 8)])
    writer.start()
    try:
        found = []
        while writer.is_alive() or found[-1]["last_commit"] < 7:
            found.append(of(lake))
    finally:
        query.stop()
    assert {entry["broken"] for entry in found} == {None}
    assert {entry["restart"].split()[0] for entry in found} <= {"goes", "repeats"}
    assert len({entry["last_commit"] for entry in found}) > 2
    assert of(lake)["files_waiting"] == 0


# --- faults: what is damaged, what is said of it, and what Spark makes of it ------------------------------------------


def gone(*names):
    def damage(lake):
        for name in names:
            path = lake / "_checkpoints" / "copied" / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage


def emptied(name):
    return lambda lake: (lake / "_checkpoints" / "copied" / name).write_text("")


def cut(path):
    def damage(lake):
        (lake / path).write_bytes((lake / path).read_bytes()[:-20])

    return damage


def log_cleaned(lake):
    """As log retention does: a checkpoint of the log, and the commits before it are gone."""
    land(lake, 4)
    DeltaTable(str(lake / "source")).create_checkpoint()
    for version in range(4):
        (lake / "source" / "_delta_log" / f"{version:020}.json").unlink()


def vacuumed(lake):
    table = DeltaTable(str(lake / "source"))
    table.optimize.compact()
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def truncated(lake):
    log = (lake / "source" / "_delta_log" / f"{3:020}.json").read_text().splitlines()
    (path,) = [json.loads(line)["add"]["path"] for line in log if '"add"' in line]
    cut(f"source/{path}")(lake)


def made_anew(lake):
    shutil.rmtree(lake / "source")
    land(lake, 0)


def shorter(lake):
    for version in (2, 3):
        (lake / "source" / "_delta_log" / f"{version:020}.json").unlink()


def copied_over(lake):
    """The checkpoint of another stream of the same source."""
    shutil.rmtree(lake / "_checkpoints" / "copied")
    shutil.copytree(lake / "_checkpoints" / "seen", lake / "_checkpoints" / "copied")
    shutil.rmtree(lake / "_checkpoints" / "copied" / "state")


def planned(lake):
    """Micro-batch 3 planned and no more, as after a kill before anything was written; and then the plan emptied."""
    plan = (
        (lake / "_checkpoints" / "copied" / "offsets" / "2")
        .read_text()
        .replace('"reservoirVersion":3', '"reservoirVersion":4')
    )
    (lake / "_checkpoints" / "copied" / "offsets" / "3").write_text(plan)


def planned_and_emptied(lake):
    planned(lake)
    emptied("offsets/3")(lake)


STOPS = "stops with an error"
FAULTS = {
    "the last plan is empty": (emptied("offsets/2"), STOPS, "offsets/2 is cut off: bring .*offsets/2 back, or delete"),
    "half of the plan before it": (
        cut("_checkpoints/copied/offsets/1"),
        STOPS,
        "offsets/1 cannot be read: bring .*offsets/1 back",
    ),
    "the last end is empty": (
        emptied("commits/2"),
        STOPS,
        "commits/2 is cut off: delete .*commits/2, and micro-batch 2 is repeated, and what the table has of it is not "
        "written twice",
    ),
    "a plan that came to nothing": (
        planned_and_emptied,
        STOPS,
        "offsets/3 is cut off: delete .*offsets/3, and micro-batch 3 is planned anew",
    ),
    "the id is gone": (
        gone("metadata"),
        STOPS,
        'metadata cannot be read: bring .* or write {"id":"[0-9a-f-]{36}"} into it',
    ),
    "all plans are gone": (
        gone("offsets"),
        "begins with micro-batch 0 once more, and stops",
        "commits/2 says .* offsets/2 is gone",
    ),
    "the last plan is gone": (
        gone("offsets/2"),
        "repeats micro-batch 1, and stops",
        "commits/2 says .* offsets/2 is gone",
    ),
    "a gap": (gone("offsets/1"), STOPS, "offsets/1 is gone, between others: bring .*offsets/1 back"),
    "the checkpoint is gone": (
        gone(""),
        "starts from the beginning, and writes what the table has once more",
        "the table has rows, and the checkpoint of the stream that wrote them is gone: bring .* back",
    ),
    "rewound": (
        gone("offsets/2", "commits/2"),
        "skips what it reads as micro-batch 2 without a word",
        r"the checkpoint is older than the table, whose log \(txn\) has micro-batches up to 2: bring the newer one back",
    ),
    "of another stream": (
        copied_over,
        "goes on with micro-batch .*, whatever the table has",
        "the rows of the table are those of another stream",
    ),
    "the table is gone": (
        lambda lake: shutil.rmtree(lake / "copied"),
        "goes on with micro-batch 3 in a new table",
        "the table is gone, and its checkpoint says that it was filled: bring it back, or delete",
    ),
    "the source was made anew": (made_anew, STOPS, r"source was made anew, .* \(its offsets name the id"),
    "the source is gone": (
        lambda lake: shutil.rmtree(lake / "source"),
        STOPS,
        "source, which it reads, is gone: bring",
    ),
    "the source is older": (
        shorter,
        STOPS,
        "the checkpoint is ahead of source: it was read up to version 3, and there are 2: bring the newer source back",
    ),
    "the log was cleaned": (
        log_cleaned,
        STOPS,
        "the log of source has no version 2 any more, which a restart reads",
    ),
    "VACUUM overtook": (
        vacuumed,
        STOPS,
        r"1 files that are still to be read are gone from source, part-.* of version 3 first \(VACUUM\?\): bring",
    ),
    "a torn file": (truncated, STOPS, r"part-.* of source is damaged: it has [0-9,]+ of [0-9,]+ bytes: bring it back"),
    "rows were deleted": (
        lambda lake: DeltaTable(str(lake / "source")).delete("id = 1"),
        "stops at version 4 of source",
        r"version 4 of source \(DELETE\) changes or deletes rows",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_line_with_a_way_out(lake, fault):
    damage, restart, line = FAULTS[fault]
    damage(lake)
    entry = of(lake)
    assert re.fullmatch(restart, entry["restart"]), entry
    assert re.match(line, entry["broken"]) and "\n" not in entry["broken"], entry


def test_ways_out(spark, lake):
    """Of one checkpoint, that has lost one thing after the other."""
    checkpoint = lake / "_checkpoints" / "copied"
    (checkpoint / "metadata").unlink()
    (checkpoint / "metadata").write_text(re.search(r"write (.*) into it", of(lake)["broken"])[1])
    emptied("commits/2")(lake)
    os.remove(re.search("delete (.*), and micro-batch 2", of(lake)["broken"])[1])
    assert again(spark, lake) == [2, 3] and ids(lake) == ALL
    land(lake, 4)
    plan = (checkpoint / "offsets" / "3").read_text().replace('"reservoirVersion":4', '"reservoirVersion":5')
    (checkpoint / "offsets" / "4").write_text(plan)
    assert of(lake)["restart"] == "repeats micro-batch 4 and writes it"
    emptied("offsets/4")(lake)
    os.remove(re.search("delete (.*), and micro-batch 4 is planned", of(lake)["broken"])[1])
    assert again(spark, lake) == [4] and ids(lake) == [*ALL, 20, 21, 22, 23, 24]
    assert of(lake)["broken"] is None


def test_what_is_not_named_an_error_loses_rows(spark, lake):
    """Of a rewound checkpoint, the more the more a micro-batch takes."""
    gone("offsets/2", "commits/2")(lake)
    assert again(spark, lake, files=None) == [2] and ids(lake) == ALL[:15]


def test_a_restart_reads_the_log_once_more(spark, lake):
    """Of the last micro-batch, though it has ended: its commits must still be there."""
    again(spark, lake)
    land(lake, 4)
    again(spark, lake)
    land(lake, 5)
    DeltaTable(str(lake / "source")).create_checkpoint()
    log = lake / "source" / "_delta_log"
    for version in range(4):
        (log / f"{version:020}.json").unlink()
    assert of(lake)["broken"] is None, "micro-batch 4 has read version 4"
    (log / f"{4:020}.json").unlink()
    entry = of(lake)
    assert entry["broken"].startswith("the log of source has no version 4 any more, which a restart reads")
    assert entry["restart"] == STOPS
    with pytest.raises(Exception, match="cannot resume from version 4"):
        again(spark, lake)


def test_a_source_that_is_older_is_waited_for(lake):
    """Another history with fewer versions, under the same id: what it writes until it has as many is left out."""
    checkpoint = lake / "_checkpoints" / "copied"
    for number, version in ((1, 3), (2, 6)):
        plan = (
            (checkpoint / "offsets" / "2").read_text().replace('"reservoirVersion":3', f'"reservoirVersion":{version}')
        )
        (checkpoint / "offsets" / str(number)).write_text(plan)
    entry = of(lake)
    assert entry["restart"] == "goes on with micro-batch 3 when source has got there, and leaves out what comes before"
    assert entry["broken"].startswith(
        "the checkpoint is ahead of source: it was read up to version 6, and there are 4:"
    )


# --- RESTORE of the target ----------------------------------------------------------------------------------------------


def restore(spark, lake, version, by):
    if by == "spark":
        spark.sql(f"RESTORE TABLE delta.`{lake}/copied` TO VERSION AS OF {version}")
    else:
        DeltaTable(str(lake / "copied")).restore(version)


TAKEN = (
    r"RESTORE has taken micro-batch 2 out of the table, whose log \(txn\) still says that it has them: no restart brings "
    "the rows back, a stream with a new checkpoint and startingVersion 2 does"
)


@pytest.mark.parametrize("by", ["spark", "delta-rs"])
def test_what_restore_has_taken_out_does_not_come_back(spark, lake, by):
    """Nor does it if the checkpoint is rewound; the way out that is named works."""
    restore(spark, lake, 1, by)
    entry = of(lake)
    assert re.fullmatch(TAKEN, entry["broken"]) and entry["restart"] == "goes on with micro-batch 3"
    (lake / "_checkpoints" / "copied" / "commits" / "2").unlink()
    entry = of(lake)
    assert re.fullmatch(TAKEN, entry["broken"]) and entry["restart"] == "repeats micro-batch 2, and writes nothing"
    if by == "spark":
        return  # what comes of it does not depend on who has done it
    assert again(spark, lake) == [2, 3] and ids(lake) == ALL[:10] + ALL[15:]
    restore(spark, lake, 1, "delta-rs")
    shutil.rmtree(lake / "_checkpoints" / "copied")
    again(spark, lake, files=None, startingVersion=2)
    assert ids(lake) == ALL and of(lake)["broken"] is None, "by another stream now"


def test_a_restore_that_takes_out_what_was_there_twice_is_none(spark, lake):
    """The checkpoint was lost, all rows came once more, RESTORE took them out, and the new stream goes on."""
    gone("")(lake)
    again(spark, lake, files=None)
    assert len(ids(lake)) == 3 * ROWS + 4 * ROWS
    restore(spark, lake, 2, "delta-rs")
    assert ids(lake) == ALL[:15], "without the fourth commit, which came with the others"
    assert of(lake)["broken"] is None


def test_of_two_restores_the_first_may_be_a_repair_and_the_second_not(spark, lake):
    gone("")(lake)
    again(spark, lake, files=None)
    restore(spark, lake, 2, "delta-rs")
    land(lake, 4)
    again(spark, lake, files=None)
    assert of(lake)["broken"] is None
    restore(spark, lake, DeltaTable(str(lake / "copied")).version() - 1, "delta-rs")
    assert of(lake)["broken"].startswith("RESTORE has taken micro-batch 1 out of the table")


def test_a_restore_that_was_taken_back_is_none(spark, lake):
    restore(spark, lake, 1, "delta-rs")
    restore(spark, lake, 2, "delta-rs")
    assert of(lake)["broken"] is None and ids(lake) == ALL[:15]


# --- state, and sinks that name no micro-batch --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, gone, said",
    [
        ("seen", "state/0/0/N.delta", "state/0/0/N.delta is gone, which micro-batch N needs: bring"),
        ("joined", "state/0/0/left-keyToNumValues/N.delta", "state/0/0/left-keyToNumValues/N.delta is gone"),
        ("rocks", "state/0/0/N.zip", "state/0/0/N.zip is gone, which micro-batch N needs: bring"),
        ("rocks", "state/0/0/SSTs", "state/0/0/SSTs/.*[.]sst is gone"),
    ],
)
def test_state_that_is_gone(lake, name, gone, said):
    sources = ["source", "other"][: 1 + (name == "joined")]
    needed = str(of(lake, name, sources)["last_commit"] + 1)
    path = lake / "_checkpoints" / name / re.sub(r"\bN\b", needed, gone)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    entry = of(lake, name, sources)
    assert re.match(re.sub(r"\bN\b", needed, said), entry["broken"]), entry
    assert entry["restart"] == STOPS and entry["state_rows"] is None and "is gone" in entry["unknown"]["state_rows"]


def test_state_that_cannot_be_counted_is_not_guessed(lake, monkeypatch):
    monkeypatch.setattr(inspect.state, "LARGEST", 10)
    entry = of(lake, "seen")
    assert entry["state_rows"] is None and "larger than" in entry["unknown"]["state_rows"] and not entry["broken"]
    for file in (lake / "_checkpoints" / "seen" / "state" / "0" / "0").glob("*.delta"):
        file.write_bytes(b"zstd")
    monkeypatch.undo()
    assert of(lake, "seen")["unknown"] == {"state_rows": "the state is not packed by LZ4, Spark's default"}


def unended(lake, name):
    """The checkpoint of `copied`, its last micro-batch not ended, as that of a table with rows whose log names no stream."""
    shutil.copytree(lake / "_checkpoints" / "copied", lake / "_checkpoints" / name)
    (lake / "_checkpoints" / name / "commits" / "2").unlink()
    write_deltalake(str(lake / name), DeltaTable(str(lake / "source")).to_pyarrow_table())
    return DeltaTable(str(lake / name))


def test_a_sink_that_names_no_micro_batch(lake):
    table = unended(lake, "unnamed")
    assert of(lake, "unnamed")["restart"].startswith("repeats micro-batch 2, and whether the table has it is not known")
    merge = table.merge(table.to_pyarrow_table(), "s.id = t.id", source_alias="s", target_alias="t")
    merge.when_matched_update_all().execute()
    assert of(lake, "unnamed")["restart"].startswith("repeats micro-batch 2 and merges it")
    assert of(lake, "unnamed")["broken"] is None


# --- a lake ---------------------------------------------------------------------------------------------------------------


def test_the_streams_of_a_lake_in_their_order(plain_folder):
    found = inspect.streams(plain_folder)
    assert [entry["stream"] for entry in found] == list(pipeline.STREAMS)
    assert {(entry["broken"], entry["files_waiting"]) for entry in found} == {(None, 0)}
    assert found[0]["source"] == "landing_santa_deliveries" and found[1]["source"] == "bronze_santa_deliveries"
    rows = DeltaTable(str(plain_folder / SILVER)).to_pyarrow_table().num_rows
    assert found[1]["state_rows"] == rows, "silver remembers an hour, and the night has 40 minutes"


def test_a_stream_that_is_known_to_keep_state_has_lost_all(plain_folder, tmp_path):
    lake = shutil.copytree(plain_folder, tmp_path / "lake")
    shutil.rmtree(lake / "_checkpoints" / SILVER / "state")
    found = {entry["stream"]: entry["broken"] for entry in inspect.streams(lake)}
    assert found.pop(SILVER).startswith("the state is gone, which micro-batch 3 needs: bring ")
    assert set(found.values()) == {None}


def test_a_lake_that_is_begun(plain_folder, tmp_path):
    """Streams stand there as soon as they have something to begin with."""
    lake = shutil.copytree(plain_folder, tmp_path / "lake", ignore=shutil.ignore_patterns("gold_*"))
    found = inspect.streams(lake)
    assert [entry["stream"] for entry in found] == list(pipeline.STREAMS)
    assert {entry["restart"] for entry in found[3:]} == {"starts from the beginning"}
    files = len(DeltaTable(str(lake / SILVER)).file_uris())
    assert [entry["files_waiting"] for entry in found[3:]] == [files] * 5
    shutil.rmtree(lake / SILVER)
    shutil.rmtree(lake / "_checkpoints" / SILVER)
    assert [entry["stream"] for entry in inspect.streams(lake)] == list(pipeline.STREAMS)[:3]


def test_extensions_are_found_by_their_checkpoints(plain_folder, tmp_path):
    lake = shutil.copytree(plain_folder, tmp_path / "lake")
    assert extensions.begun(lake) == []
    for name in ("silver_weather", "alerts", "nobodys"):
        (lake / "_checkpoints" / name).mkdir()
    begun = extensions.begun(lake)
    assert {each.target.name for each in begun} == {"silver_weather", "alerts"}
    found = {entry["stream"]: entry for entry in inspect.streams(lake, also=begun)}
    assert found["silver_weather"]["source"] == f"{SILVER}, landing_weather"
    assert found["alerts"]["source"] == "gold_delivery_by_region"
    assert (
        found["nobodys"]["source"] is None
        and found["nobodys"]["unknown"]["rows_waiting"] == "its sources are not known"
    )


def test_a_folder_that_is_no_lake(tmp_path):
    with pytest.raises(SleighError, match=f"^there is no lake in {tmp_path}: name the folder"):
        inspect.streams(tmp_path)
