"""docs/benchmarks.md: each of its numbers comes from bench/results, and each file there has its section."""

import copy
import random
import re

import benchmarks
import pytest
from sleigh.paths import ROOT

RESULTS = benchmarks.results(ROOT)


def _altered(value, seed):
    """`value` with every number in it, of those that JSON has as numbers, made another one; equal ones stay equal."""
    if isinstance(value, dict):
        return {key: _altered(part, seed) for key, part in value.items()}
    if isinstance(value, list):
        return [_altered(part, seed) for part in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    draw = random.Random(f"{value} {seed}")
    return type(value)(value * draw.uniform(2, 90) + draw.randint(11, 99))


def _given(results):
    """The numbers in the keys and words of `results`, a rate or "1,000 kicks", and how long its lists are."""
    if isinstance(results, dict):
        return set().union(*(_given(key) | _given(part) for key, part in results.items()))
    if isinstance(results, list):
        return {str(len(results))}.union(*map(_given, results))
    found = re.findall(r"\d+(?:[.,]\d+)*", results) if isinstance(results, str) else []
    return {*found, *(f"{int(number):,}" for number in found if number.isdigit())}


def _numbers(page):
    """The numbers that the page shows, without those in code, in the names of lessons and files, and in its head."""
    shown = page.removeprefix(benchmarks.HEAD)
    for left_out in (
        r"`[^`]*`",
        r"\]\([^)]*\)",
        r"[Ll]esson \d\d",
        r"\bp\d\d\b",
        r"(?m)^\| 1-.*\|",
        r"2-opt",
        r"\b1\.0x",
    ):
        shown = re.sub(left_out, "", shown)
    return set(re.findall(r"\d+(?:[.,]\d+)*", shown))


def test_the_page_is_what_the_tool_writes(capsys):
    assert benchmarks.main(["--check"]) == 0, capsys.readouterr().out


def test_every_file_of_results_has_its_section_and_its_script():
    assert set(RESULTS) <= set(benchmarks.SECTIONS)
    assert [name for name in RESULTS if not (ROOT / "bench" / f"{name}.py").exists()] == []


@pytest.mark.parametrize("name", RESULTS)
def test_no_number_of_a_section_is_written_by_hand(name):
    others = [_numbers(benchmarks.page({name: _altered(RESULTS[name], seed)})) for seed in range(9)]
    assert set.intersection(_numbers(benchmarks.page({name: RESULTS[name]})), *others) <= _given(RESULTS[name])


def test_a_hand_written_number_would_be_found(monkeypatch):
    section = benchmarks.SECTIONS["night"](RESULTS["night"])
    monkeypatch.setitem(benchmarks.SECTIONS, "night", lambda _: section)
    with pytest.raises(AssertionError):
        test_no_number_of_a_section_is_written_by_hand("night")


def test_a_ledger_that_did_not_balance_is_told():
    told = copy.deepcopy({name: RESULTS[name] for name in ("pipeline", "live")})
    assert "NOT BALANCED" not in benchmarks.page(told)
    told["live"]["600"]["balanced"] = told["pipeline"]["runs"][1]["balanced"] = False
    page = benchmarks.page(told)
    assert "18,150, NOT BALANCED" in page and "every ledger NOT BALANCED" in page


def test_both_sinks_of_a_growing_lake_are_shown():
    one = RESULTS["growth"]["delta-rs"]
    page = benchmarks.page({"growth": {"delta-rs": one, "spark": one}})
    assert page.count("| 1-100, a fresh lake |") == 2 and "Committed by Spark" in page


def test_what_was_not_measured_is_left_out():
    assert benchmarks.page({}).strip() == benchmarks.HEAD.strip()


def test_another_page_is_told_in_a_line(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    assert benchmarks.main(["--check"], tmp_path) == 1
    told = " is not what bench/results say: run python tools/benchmarks.py"
    assert capsys.readouterr().out.splitlines() == [f"docs/{name}.md{told}" for name in ("benchmarks", "scaling")]
    assert benchmarks.main([], tmp_path) == benchmarks.main(["--check"], tmp_path) == 0
