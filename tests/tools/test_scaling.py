"""docs/scaling.md: its figures come from bench/results, and its estimates come out as they are written."""

import copy
import re

import benchmarks
import pytest
import scaling
from sleigh.paths import ROOT

RESULTS = benchmarks.results(ROOT)
CONSTANT = {"8 x 250 / 10", "200 x 86,400", "86,400 / 10"}
"""Sums of the estimates' own numbers alone."""


def cluster(one=400.0, two=300.0):
    """Made-up results of bench/cluster.py."""

    def run(workers, seconds, **more):
        stages = {"silver": {"seconds": seconds / 3, "driver_cpu_s": seconds / 9, "executors_cpu_s": seconds / 4}}
        return {"workers": workers, "events": 3_600_000, "wall_s": seconds, "balanced": True, "stages": stages, **more}

    runs = {"one": run(1, one), "two": run(2, two), "undisturbed": run(2, 70.0)}
    killed = run(2, 91.5, killed_after_s=31.5, executors_lost=1)
    return {"cores": 2, **runs, "killed": killed}


def altered(results, factor):
    """`results` with other measurements: all numbers but those that say what was measured."""
    if isinstance(results, dict):
        same = ("rate", "minutes", "events", "cores", "workers", "rows", "batches")
        return {key: part if key in same else altered(part, factor) for key, part in results.items()}
    if isinstance(results, list):
        return [altered(part, factor) for part in results]
    if isinstance(results, bool) or not isinstance(results, int | float):
        return results
    return type(results)(round(results * factor, 3))


def sums(page):
    """[(sum, result)] of all sums that the page shows."""
    return re.findall(r"((?:[\d,.^]*\d [-x/] )+[\d,.^]*\d) = \**([\d,.]*\d)", page)


def off(sum_, result):
    """How far a sum is from what it should be; 1 is what rounding may do."""
    value = eval(sum_.replace(",", "").replace("^", "**").replace(" x ", " * "))
    # As many digits as are written: 7.0 stands for 6.95 to 7.05, 21,900 for 21,850 to 21,950.
    digits = result.replace(",", "")
    unit = 10.0 ** -len(digits.split(".")[1]) if "." in digits else 10.0 ** (len(digits) - len(digits.rstrip("0")))
    return abs(value - float(digits)) / (0.5 * unit) - 1e-6


@pytest.mark.parametrize("factor", [1, 1.37, 3.1])
@pytest.mark.parametrize("of_cluster", [None, cluster(), cluster(300.0, 310.0)])
def test_the_arithmetic_comes_out_whatever_was_measured(factor, of_cluster):
    shown = sums(scaling.page(altered(RESULTS | ({"cluster": of_cluster} if of_cluster else {}), factor)))
    assert len(shown) >= 20
    assert [each for each in shown if off(*each) > 1] == []


def test_a_sum_that_does_not_come_out_would_be_found():
    assert off("190.4 / 27.3", "7.0") <= 1 < off("190.4 / 27.3", "7.1")
    assert off("1,000,000 / 10,900", "92") <= 1 < off("1,000,000 / 10,900", "93")


def test_no_measured_figure_is_written_by_hand():
    results = RESULTS | {"cluster": cluster()}
    mine, other = ({sum_ for sum_, _ in sums(scaling.page(altered(results, factor)))} for factor in (1, 1.37))
    counts = {
        sum_ for sum_ in mine & other if not re.search(r"\d{1,3}(,\d{3}){2}", sum_)
    }  # of the events that were run
    assert counts == CONSTANT
    figures = [
        re.findall(r"^\| .* \| ([\d.,]+) \|$", scaling.page(altered(results, factor)), re.M) for factor in (1, 2)
    ]
    assert len(figures[0]) >= 15 and all(one != two for one, two in zip(*figures, strict=True))


def test_the_cluster_s_section_says_what_was_measured_or_that_nothing_was():
    text = {wall: " ".join(scaling.cluster(cluster(400.0, wall)).split()) for wall in (300.0, 410.0)}
    assert "Not measured yet: `python bench/cluster.py`" in scaling.cluster(None)
    assert "2 x 300.0 - 400.0 = 200.0 s long" in text[300.0] and "400.0 / 200.0 = 2.0 times as fast" in text[300.0]
    assert "has made nothing shorter" in text[410.0] and "91.5 - 70.0 = 21.5 s" in text[410.0]
    wrong = copy.deepcopy(cluster())
    wrong["killed"]["balanced"] = False
    assert "NOT BALANCED" in scaling.cluster(wrong) and "NOT" not in text[300.0]


def test_no_line_of_a_paragraph_begins_a_point_of_a_list_or_breaks_a_link():
    text = "a - " + "3 - 2 = 1 and " * 40 + "[two words](https://example.org)"
    lines = scaling.filled(text).split("\n")
    assert len(lines) > 3 and not [line for line in lines if line.startswith(("- ", "= ")) or line.endswith("[two")]
    assert " ".join(lines) == text
    assert scaling.filled("- one\n  two\n- three") == "- one two\n- three"
