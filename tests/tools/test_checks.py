"""`make test` itself: it goes red when a stage does, and what it tells at its end is what ran."""

import checks
import pytest

TESTS = """
import time

def test_quick(): pass

def test_slow(): time.sleep(0.3)

def test_wrong(): assert {right}
"""


@pytest.fixture
def two_lanes(tmp_path, monkeypatch):
    """Two lanes of three small tests each; a function that makes one of them wrong."""

    def lay(*wrong):
        for name in ("tests", "notebooks"):
            (tmp_path / f"test_{name}.py").write_text(TESTS.format(right=name not in wrong))

    lay()
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    monkeypatch.setattr(checks, "LANES", {name: [*words, f"{tmp_path}/test_{name}.py"] for name in checks.LANES})
    monkeypatch.setattr(checks, "LINT", {"nothing": ["-c", "pass"]})
    monkeypatch.setattr(checks, "REPORTS", tmp_path / "reports")
    return lay


def test_all_right(two_lanes, capfd):
    assert checks.main([]) == 0
    said = capfd.readouterr().out
    assert "== tests passed" in said and "== notebooks passed" in said and "== nothing passed" in said
    table = said[said.index("stage ") :].splitlines()
    assert [line.split()[:2] for line in table[1:4]] in (
        [["nothing", "1"], ["tests", "3"], ["notebooks", "3"]],
        [["nothing", "1"], ["notebooks", "3"], ["tests", "3"]],
    )
    slowest = table[table.index("the slowest twenty, seconds") + 1 :]
    assert "test_slow" in slowest[0] and "test_slow" in slowest[1]
    assert slowest[-1].startswith("== all passed in")


@pytest.mark.parametrize("lane", ["tests", "notebooks"])
def test_a_lane_that_fails_lets_the_other_end_and_is_named(two_lanes, capfd, lane):
    two_lanes(lane)
    assert checks.main([]) == 1
    said = capfd.readouterr().out
    assert said.splitlines()[-1].startswith(f"== FAILED: {lane} in")
    assert said.count("3 passed") == 1 and "1 failed" in said


def test_a_check_of_seconds_that_fails_is_named_and_the_lanes_run(two_lanes, monkeypatch, capfd):
    monkeypatch.setattr(checks, "LINT", {"nothing": ["-c", "raise SystemExit(3)"]})
    assert checks.main([]) == 1
    said = capfd.readouterr().out
    assert said.splitlines()[-1].startswith("== FAILED: nothing in") and said.count("3 passed") == 2


def test_a_lane_that_dies_without_a_report_is_red(two_lanes, monkeypatch, capfd):
    monkeypatch.setattr(checks, "LANES", checks.LANES | {"tests": ["-c", "import os; os.abort()"]})
    assert checks.main(["tests"]) == 1
    assert "tests                0" in capfd.readouterr().out


def test_a_stage_that_is_not_there(capsys):
    with pytest.raises(SystemExit) as end:
        checks.main(["test"])
    assert end.value.code == 2 and "there is no stage test; there are lint, tests, notebooks" in capsys.readouterr().err


def test_every_notebook_and_every_test_is_in_a_lane():
    assert checks.LANES["tests"][-1] == "tests" and checks.LANES["notebooks"][-2:] == ["notebooks", "solutions"]
