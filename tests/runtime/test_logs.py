"""A log in which a power cut has left the half of a commit is refused in one line, whoever opens it."""

import pytest
from sleigh import landing, runtime
from sleigh.errors import SleighError
from sleigh.landing import producer
from sleigh.pipeline import delta_log
from sleigh.tables import BRONZE, LANDING

TORN = {
    "empty": b"",
    "cut off": b'{"commitInfo":{}}\n{"add":{"path":"part-',
    "zeros": bytes(400),
    "zeros after it": b'{"txn":{}}\n\0\0',
}


@pytest.fixture
def begun(tmp_path):
    """The folder of a lake whose landing has three commits: it was made, begun, and a minute has landed."""
    producer.produce(tmp_path, rate=60, speed=3600, minutes=1, batch_seconds=1)
    return tmp_path


def commits(table):
    return sorted((table / "_delta_log").glob("*.json"))


@pytest.mark.parametrize("left", TORN.values(), ids=TORN)
@pytest.mark.parametrize("which", [1, -1], ids=["an older one", "the newest"])
def test_a_torn_commit_is_named_and_with_it_back_all_is_well(begun, which, left):
    commit = commits(begun / LANDING.name)[which]
    whole = commit.read_bytes()
    commit.write_bytes(left)
    for opens in (
        lambda: runtime.require_whole_log(begun / LANDING.name),
        lambda: delta_log.opened(begun / LANDING.name),
        lambda: producer.produce(begun, rate=60, speed=3600, minutes=2, start_minute=0),
    ):
        with pytest.raises(SleighError) as said:
            opens()
        assert str(said.value).endswith(f": bring {commit} back") and "\n" not in str(said.value)
        assert commit.name in str(said.value)
    commit.write_bytes(whole)
    assert producer.produce(begun, rate=60, speed=3600, minutes=2, start_minute=0, batch_seconds=1) == 120
    assert landing.landed_seconds(begun) == 120


def test_a_table_that_a_stream_fills_can_be_filled_anew(tmp_path):
    runtime.create_files(tmp_path / BRONZE.name, BRONZE.name)
    checkpoint = tmp_path / runtime.CHECKPOINTS / BRONZE.name
    checkpoint.mkdir(parents=True)
    commits(tmp_path / BRONZE.name)[-1].write_bytes(b"")
    with pytest.raises(SleighError, match=f"is empty: .* or delete {tmp_path / BRONZE.name} and {checkpoint}, to fill"):
        runtime.require_whole_log(tmp_path / BRONZE.name)


def test_what_lies_before_a_checkpoint_of_the_log_is_not_looked_at(begun):
    from deltalake import DeltaTable

    table = begun / LANDING.name
    DeltaTable(str(table)).create_checkpoint()
    commits(table)[0].write_bytes(b"")
    runtime.require_whole_log(table)
    assert landing.landed_seconds(begun) == 60


@pytest.mark.parametrize("left", [b"", b"PAR1 and half of it", bytes(400)], ids=["empty", "cut off", "zeros"])
def test_a_torn_checkpoint_of_the_log_can_be_done_without(begun, left):
    from deltalake import DeltaTable

    table = begun / LANDING.name
    DeltaTable(str(table)).create_checkpoint()
    (checkpoint,) = (table / "_delta_log").glob("*.checkpoint.parquet")
    note = table / "_delta_log" / "_last_checkpoint"
    checkpoint.write_bytes(left)
    with pytest.raises(SleighError) as said:
        runtime.require_whole_log(table)
    assert str(said.value).endswith(f"or delete it and {note}, the commits before it are all there")
    first = commits(table)[0]
    kept = first.read_bytes()
    first.unlink()
    with pytest.raises(SleighError, match=f"bring {checkpoint} back$"):
        runtime.require_whole_log(table)
    first.write_bytes(kept)
    checkpoint.unlink()
    note.unlink()
    runtime.require_whole_log(table)
    assert landing.landed_seconds(begun) == 60


def test_a_lake_with_a_torn_log_is_not_opened(spark, begun):
    commit = commits(begun / LANDING.name)[-1]
    commit.write_bytes(commit.read_bytes()[:100])
    with pytest.raises(SleighError, match=f"the log of {LANDING.name} is damaged, {commit.name} is cut off"):
        runtime.open_lake(spark, begun)
