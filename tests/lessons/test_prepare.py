"""A lesson's lake is its own: fresh each time, and never that of a kernel which still has it open."""

import importlib
import os
import subprocess
import sys

import pytest
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.paths import ROOT

CLAIMING = """
import sys
from sleigh import runtime
for folder in sys.argv[1:]:
    runtime.claim(folder)
    open(folder + "/_scratch", "w").close()
print("mine", flush=True)
input()
"""


@pytest.fixture
def lessons(monkeypatch, tmp_path):
    """The module, with its lakes below tmp_path."""
    module = importlib.import_module("sleigh.lessons.prepare")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "_claimed", [])
    yield module
    for folder in module._claimed:
        runtime.release(folder)


@pytest.fixture
def other():
    """other(folder, ...): a second kernel, which has these lakes until it ends."""
    started = []

    def start(*folders):
        process = subprocess.Popen(
            [sys.executable, "-c", CLAIMING, *map(str, folders)],
            env=os.environ | {"PYTHONPATH": str(ROOT / "lib")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"mine\n"
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.communicate(b"\n", timeout=60)


def test_twice_in_a_row_it_is_the_same_lake_and_fresh(spark, lessons, tmp_path):
    for _ in range(2):
        assert lessons.prepare("03", minutes=0) is spark
        assert runtime.lake() == tmp_path / "build" / "lessons" / "03"
        assert not (runtime.lake() / "silver_santa_deliveries").exists()
        runtime.create_table(spark, "silver_santa_deliveries")


def test_a_table_of_the_lesson_s_own_is_empty_each_time_and_gone_with_the_lake(spark, lessons, tmp_path):
    for _ in range(2):
        lessons.prepare("03", minutes=0)
        for _ in range(2):
            lessons.own_table(spark, "own", "n INT", enableChangeDataFeed="true")
            assert spark.table("own").count() == 0 and len(spark.sql("DESCRIBE HISTORY own").collect()) == 1
            spark.sql("INSERT INTO own VALUES (1)")
    assert spark.read.option("readChangeFeed", True).option("startingVersion", 0).table("own").count() == 1
    assert (runtime.lake() / "_scratch" / "own").exists() and not (ROOT / "build" / "warehouse" / "own").exists()
    spark.sql("DROP TABLE own")


def test_a_lake_that_another_kernel_has_open_is_left_to_it(spark, lessons, other, tmp_path):
    """A lesson and its solution side by side, or `make run` beside an open lesson."""
    first = tmp_path / "build" / "lessons" / "03"
    theirs = other(first)
    lessons.prepare("03", minutes=0)
    assert runtime.lake() == first.with_name("03-2") and (first / "_scratch").exists()
    theirs.communicate(b"\n", timeout=60)
    lessons.prepare("03", minutes=0)
    assert runtime.lake() == first and not (first / "_scratch").exists()


def test_the_next_lesson_lets_go_of_the_last_one_s_lake(spark, lessons, other, tmp_path):
    lessons.prepare("03", minutes=0)
    lessons.prepare("04", minutes=0)
    other(tmp_path / "build" / "lessons" / "03")


def test_a_claimed_lake_is_not_deleted(spark, lessons, other, tmp_path):
    theirs = other(tmp_path / "lake")
    with pytest.raises(SleighError, match=f"^process {theirs.pid} runs the streams of the lake"):
        runtime.remove_lake(tmp_path / "lake")
    assert (tmp_path / "lake" / "_scratch").exists()


def test_when_all_are_taken_it_is_one_line(spark, lessons, other, tmp_path):
    first = tmp_path / "build" / "lessons" / "03"
    theirs = other(first, *[first.with_name(f"03-{number}") for number in range(2, 10)])
    with pytest.raises(SleighError, match=f"^process {theirs.pid} runs the streams of the lake .*03-9: stop it first"):
        lessons.prepare("03", minutes=0)
