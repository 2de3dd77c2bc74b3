"""The tests of the experiment: each formula against another way to find it, each promise by thousands of experiments."""

import datetime as dt
import warnings

import numpy as np
import pytest
from scipy import integrate, stats
from sleigh.extensions.experiment import analysis

WINDOWS = np.full(120, 60), np.tile([2, 3, 4, 3], 30)  # deliveries and delayed: ten hours of 60, 5 % delayed


def anew(tests=2_000, seed=18, **how):
    """(difference, variance), tests x looks."""
    return analysis.difference(*analysis.divided_anew(*WINDOWS, tests, np.random.default_rng(seed), **how))


# --- one look


def test_the_z_test_is_the_chi_square_of_the_four_counts():
    for a, b in (((100, 5), (120, 9)), ((5_000, 260), (5_100, 221)), ((9, 0), (8, 7))):
        four = [[a[1], a[0] - a[1]], [b[1], b[0] - b[1]]]
        expected = stats.chi2_contingency(four, correction=False).pvalue
        assert np.isclose(analysis.p_value(*analysis.difference(a, b)), expected)
    d, v = analysis.difference((200, 10), (100, 10))
    assert np.isclose(d, 0.05) and np.isclose(v, (20 / 300) * (280 / 300) * (1 / 200 + 1 / 100))


def test_the_ratio_is_pearsons_and_knows_other_shares_than_a_half():
    assert np.isclose(analysis.mismatch([10_200, 9_800], [5_000, 5_000]), 2 * stats.norm.sf(200 / np.sqrt(5_000)))
    assert np.isclose(analysis.mismatch([900, 100], [9_000, 1_000]), 1)
    assert analysis.mismatch([500, 500], [9_000, 1_000]) < 1e-100
    assert analysis.mismatch([30, 0], [1, 1]) < 1e-6


def test_the_power_is_what_experiments_have():
    random = np.random.default_rng(2)
    n, rate, effect = 6_000, 0.05, -0.01
    a, b = (random.binomial(n, share, 20_000) for share in (rate, rate + effect))
    found = (analysis.p_value(*analysis.difference((n, a), (n, b))) < 0.05).mean()
    assert abs(analysis.power(rate, effect, n) - found) < 0.012
    assert np.isclose(analysis.power(rate, 0.0, n), 0.05)


# --- any number of looks


@pytest.mark.parametrize(("d", "v", "tau"), [(0.0, 1e-5, 0.01), (0.012, 2e-5, 0.01), (-0.02, 3e-6, 0.004)])
def test_the_evidence_is_the_mean_likelihood_ratio_over_all_differences(d, v, tau):
    def likelihood(theta):
        return stats.norm.pdf(d, theta, np.sqrt(v)) * stats.norm.pdf(theta, 0, tau)

    peaks = [d, d * tau**2 / (tau**2 + v)]
    over_all, _ = integrate.quad(likelihood, -10 * tau, 10 * tau, points=peaks, epsabs=0, limit=200)
    assert np.isclose(analysis.evidence(d, v, tau), over_all / stats.norm.pdf(d, 0, np.sqrt(v)), rtol=1e-6)


def test_the_confidence_sequence_ends_where_the_evidence_is_just_enough():
    for v in (1e-3, 1e-5, 1e-8):
        for alpha in (0.05, 0.001):
            assert np.isclose(analysis.evidence(analysis.margin(v, alpha=alpha), v), 1 / alpha)


def test_an_always_valid_p_value_never_rises_and_is_one_at_most():
    valid = analysis.always_valid([[0.5, 4.0, 2.0, 40.0, 0.1], [0.1, 0.2, 0.3, 0.2, 0.1]])
    assert valid.tolist() == [[1.0, 0.25, 0.25, 0.025, 0.025], [1.0] * 5]


@pytest.mark.parametrize("tau", [0.002, 0.005, 0.01, 0.02, 0.05])
def test_of_two_thousand_experiments_with_nothing_in_them_looking_always_finds_at_most_one_in_twenty(tau):
    d, v = anew()
    assert (analysis.p_value(d, v) < 0.05).any(axis=1).mean() > 0.3, "peeking is worth a third"
    valid = analysis.always_valid(analysis.evidence(d, v, tau))
    assert (valid[:, -1] <= 0.05).mean() <= 0.05
    assert ((abs(d) > analysis.margin(v, tau)).any(axis=1) == (valid[:, -1] < 0.05)).all(), "interval and test agree"


def test_the_true_difference_is_inside_at_all_looks_but_for_one_in_twenty():
    d, v = anew(spared=0.4)
    true = -0.4 * WINDOWS[1].cumsum() / WINDOWS[0].cumsum()
    later = slice(12, None)  # with a dozen delayed deliveries in each arm
    assert (abs(d - true) > analysis.margin(v))[:, later].any(axis=1).mean() <= 0.05


def test_power_of_both_and_how_much_sooner_the_one_that_may_look_is_through():
    found = {}
    for spared in (0.2, 0.6):  # one point, and three
        d, v = anew(spared=spared)
        stops = analysis.evidence(d, v) >= 20
        found[spared] = (analysis.p_value(d, v)[:, -1] < 0.05).mean(), stops.any(axis=1).mean(), stops.argmax(axis=1)
    assert found[0.2][1] < found[0.2][0] < 0.6
    assert found[0.6][1] > 0.98 and np.median(found[0.6][2]) < 60


# --- clusters


def clusters(random, tests, effect=0.0):
    """60 cities of uneven size and rate, assigned as a whole: deliveries, delayed (by test), new."""
    n = random.integers(20, 400, 60)
    rate = random.beta(2, 38, (tests, 60))
    new = random.random((tests, 60)) < 0.5
    return n, random.binomial(n, np.clip(rate + effect * new, 0, 1)), new


def test_clusters_need_a_test_of_clusters():
    n, k, new = clusters(np.random.default_rng(3), 4_000)
    naive = analysis.difference(*[((mine * n).sum(1), (mine * k).sum(1)) for mine in (~new, new)])
    assert (analysis.p_value(*naive) < 0.05).mean() > 0.3
    d, v = analysis.clustered(n, k, new)
    assert (analysis.p_value(d, v) < 0.05).mean() < 0.075, "60 clusters are few for a normal distribution"
    assert np.isclose(v.mean(), d.var(), rtol=0.1)
    d, _ = analysis.clustered(*clusters(np.random.default_rng(4), 4_000, effect=0.02))
    assert np.isclose(d.mean(), 0.02, atol=0.001)


def test_one_assignment_is_one_difference_as_the_two_proportions():
    n, k, new = np.array([10, 20, 30, 40]), np.array([1, 2, 6, 4]), np.array([True, False, True, False])
    d, v = analysis.clustered(n, k, new)
    assert np.isclose(d, 7 / 40 - 6 / 60) and v.shape == () and v > 0


# --- counts


def test_looks_add_up_window_by_window_and_leave_out_what_is_in_no_arm():
    at = [dt.datetime(2026, 12, 24, 10, 5 * number, tzinfo=dt.UTC) for number in (1, 2, 3)]
    rows = [
        {"window_end": at[2], "arm": "A", "deliveries": 7, "delayed": 2},
        {"window_end": at[0], "arm": "B", "deliveries": 5, "delayed": 0},
        {"window_end": at[0], "arm": "A", "deliveries": 6, "delayed": 1},
        {"window_end": at[1], "arm": "undefined", "deliveries": 9, "delayed": 9},
    ]
    ends, a, b = analysis.looks(rows)
    assert ends == at
    assert [of.tolist() for of in (*a, *b)] == [[6, 6, 13], [1, 1, 3], [5, 5, 5], [0, 0, 0]]
    assert analysis.looks([])[0] == []


def test_a_division_loses_nothing_and_gives_each_side_half():
    a, b = analysis.divided_anew(*WINDOWS, 500, np.random.default_rng(1))
    for of, part in zip(WINDOWS, range(2), strict=True):
        assert ((a[part] + b[part]) == of.cumsum()).all()
        assert abs(b[part][:, -1].mean() / of.sum() - 0.5) < 0.01
    a, b = analysis.divided_anew(*WINDOWS, 500, np.random.default_rng(1), spared=0.4)
    assert abs(b[1][:, -1].mean() / a[1][:, -1].mean() - 0.6) < 0.02


def test_where_there_is_nothing_to_test_nothing_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for a, b in (((0, 0), (0, 0)), ((40, 0), (36, 0)), ((12, 1), (0, 0)), ((3, 3), (4, 4))):
            d, v = analysis.difference(a, b)
            assert (analysis.p_value(d, v), analysis.evidence(d, v), analysis.margin(v)) == (1, 1, np.inf)
