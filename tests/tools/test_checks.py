"""`make test` itself: it goes red when a stage does, and what it tells at its end is what ran."""

import checks
import pytest
from sleigh.paths import ROOT

TESTS = """
import time

def test_quick(): pass

def test_slow(): time.sleep(0.3)

def test_wrong(): assert {right}
"""


NAMES = list(checks.STAGES)[:2]


@pytest.fixture
def two_stages(tmp_path, monkeypatch):
    """Two stages of three small tests each; a function that makes one of them wrong."""

    def lay(*wrong):
        for name in NAMES:
            (tmp_path / f"test_{name}.py").write_text(TESTS.format(right=name not in wrong))

    lay()
    words = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    monkeypatch.setattr(checks, "STAGES", {name: [*words, f"{tmp_path}/test_{name}.py"] for name in NAMES})
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # those of notebooks and browsers take seconds to load
    monkeypatch.setattr(checks, "LINT", {"nothing": ["-c", "pass"]})
    monkeypatch.setattr(checks, "REPORTS", tmp_path / "reports")
    return lay


def test_all_right(two_stages, capfd):
    assert checks.main([]) == 0
    said = capfd.readouterr().out
    assert all(f"== {name} passed" in said for name in NAMES) and "== nothing passed" in said
    table = said[said.index("stage ") :].splitlines()
    assert table[1].split()[:2] == ["nothing", "1"]
    assert sorted(line.split()[:2] for line in table[2 : 2 + len(NAMES)]) == [[name, "3"] for name in sorted(NAMES)]
    slowest = table[table.index("the slowest twenty, seconds") + 1 :]
    assert "test_slow" in slowest[0] and "test_slow" in slowest[1]
    assert slowest[-1].startswith("== all passed in")


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_that_fails_lets_the_others_end_and_is_named(two_stages, capfd, name):
    two_stages(name)
    assert checks.main([]) == 1
    said = capfd.readouterr().out
    assert said.splitlines()[-1].startswith(f"== FAILED: {name} in")
    assert said.count("3 passed") == len(NAMES) - 1 and "1 failed" in said
    last = said[said.index("\nfailed, 1\n") :].splitlines()[2]
    assert last.strip() == f"test_{name}::test_wrong: assert False", "at the end, where it is read first"


def test_a_check_of_seconds_that_fails_is_named_and_the_stages_run(two_stages, monkeypatch, capfd):
    monkeypatch.setattr(checks, "LINT", {"nothing": ["-c", "raise SystemExit(3)"]})
    assert checks.main([]) == 1
    said = capfd.readouterr().out
    assert said.splitlines()[-1].startswith("== FAILED: nothing in") and said.count("3 passed") == len(NAMES)


def test_a_stage_that_dies_without_a_report_is_red(two_stages, monkeypatch, capfd):
    monkeypatch.setattr(checks, "STAGES", checks.STAGES | {"library": ["--no-such-option"]})
    assert checks.main(["library"]) == 1
    assert "library              0" in capfd.readouterr().out


def test_a_stage_that_is_not_there(capsys):
    with pytest.raises(SystemExit) as end:
        checks.main(["test"])
    assert (
        end.value.code == 2
        and "there is no stage test; there are lint, notebooks, library, " in capsys.readouterr().err
    )


def test_every_notebook_and_every_test_is_in_one_stage():
    assert checks.STAGES["notebooks"][-2:] == ["notebooks", "solutions"]
    rest = checks.STAGES["library"]
    assert "tests" in rest
    ignored = [word.removeprefix("--ignore=") for word in rest if word.startswith("--ignore=")]
    assert ignored == [word for name in checks.PARTS for word in checks.STAGES[name] if word.startswith("tests/")]
    assert all((ROOT / path).exists() for path in ignored)
