"""From the counts of two arms to what may be said: numpy and scipy, no Spark, no lake.

An arm is (deliveries, delayed): two numbers, or two arrays of the same shape, whose last axis is that of the looks, each
look with all that came before it. A difference is B's rate minus A's, as shares, not percent.

R. Johari, P. Koomen, L. Pekelis and D. Walsh, Always Valid Inference: Continuous Monitoring of A/B Tests, Operations
Research 70 (2022), give the sequential test. Its normal approximation needs some delayed deliveries in each arm.
"""

import numpy as np
from scipy import stats

TAU = 0.01
"""How large a difference is thought possible, as the standard deviation of a normal distribution around 0: one point. The
test is valid with any; it is quickest where the true difference is about as large."""

ALPHA = 0.05


def difference(a, b):
    """(difference, its variance if both arms are the same), from the rate of both arms together."""
    n_a, delayed_a, n_b, delayed_b = (np.asarray(part, float) for part in (*a, *b))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (delayed_a + delayed_b) / (n_a + n_b)
        return delayed_b / n_b - delayed_a / n_a, rate * (1 - rate) * (1 / n_a + 1 / n_b)


def p_value(difference, variance):
    """Of the two-proportion z-test, two-sided: valid for one look, the one that was fixed before. 1 without any variance."""
    return _unless_nan(2 * stats.norm.sf(np.abs(difference) / np.sqrt(_some(variance))), 1.0)


def mismatch(deliveries, buckets):
    """The p-value of the sample ratio: how likely arms of these deliveries are, or worse, if they share as they should.

    Two lists of numbers in the same order. Pearson's chi-square. Below 0.001 something loses deliveries, or makes them up.
    """
    expected = np.asarray(buckets) / np.sum(buckets) * np.sum(deliveries)
    return float(stats.chisquare(deliveries, expected).pvalue)


def evidence(difference, variance, tau=TAU):
    """The mixture likelihood ratio: how much better a difference drawn from N(0, tau²) explains the data than none.

        sqrt(v / (v + tau²)) · exp(tau² d² / (2 v (v + tau²)))

    Johari et al., section on normal data, with the variance v of the difference d that was seen in place of a known one. If
    both arms are the same, it ever reaches 1 / alpha with a probability of alpha at most, however often one looks.
    """
    v, t = _some(variance), tau**2
    log = 0.5 * np.log(v / (v + t)) + t * np.square(difference) / (2 * v * (v + t))
    return _unless_nan(np.exp(np.minimum(log, 700)), 1.0)  # e^709 is the largest double


def always_valid(evidence):
    """The always-valid p-value at each look: 1 over the most evidence so far, at most 1. It never rises."""
    return np.minimum.accumulate(np.minimum(1, 1 / np.asarray(evidence)), axis=-1)


def margin(variance, tau=TAU, alpha=ALPHA):
    """Half the width of the confidence sequence: at every look the true difference is within it, but for a share of alpha.

    The differences at which evidence() is 1 / alpha, solved for d. inf without any variance.
    """
    v, t = _some(variance), tau**2
    return _unless_nan(np.sqrt((v + t) / t * v * np.log((v + t) / (v * alpha**2))), np.inf)


def power(rate, effect, deliveries, alpha=ALPHA):
    """How likely the z-test finds a true difference `effect` with `deliveries` in each arm, one look.

    Both sides of the normal approximation, with the rates `rate` and `rate` + effect.
    """
    other = rate + effect
    same = np.sqrt(2 * (rate + other) / 2 * (1 - (rate + other) / 2) / deliveries)
    real = np.sqrt((rate * (1 - rate) + other * (1 - other)) / deliveries)
    line = stats.norm.isf(alpha / 2) * same
    return stats.norm.sf((line - effect) / real) + stats.norm.cdf((-line - effect) / real)


def clustered(deliveries, delayed, new):
    """(difference, variance) where clusters were assigned as a whole: of each, its deliveries and delayed, and whether it is
    in B (the last axis of `new`, bool, are the clusters; there may be others before it, for more than one assignment).

    What varies is the cluster, not the delivery: the variance of a ratio of sums by the delta method, A and B each with its
    own (Deng, Knoblich and Lu, Applying the Delta Method in Metric Analytics, KDD 2018).
    """
    parts = []
    for mine in (~np.asarray(new), np.asarray(new)):
        size = mine.sum(-1)
        total = (mine * deliveries).sum(-1)
        rate = (mine * delayed).sum(-1) / total
        off = mine * (delayed - rate[..., None] * deliveries)
        parts.append((rate, (off**2).sum(-1) * size / (size - 1) / total**2))
    (rate_a, variance_a), (rate_b, variance_b) = parts
    return rate_b - rate_a, variance_a + variance_b


def looks(rows):
    """(ends, A, B): the ends of the windows in order, and both arms as they are after each. What is in no arm is left out.

    rows: those of experiment_arms, dicts with window_end, arm, deliveries, delayed.
    """
    ends = sorted({row["window_end"] for row in rows})
    counts = {name: np.zeros((2, len(ends)), np.int64) for name in ("A", "B")}
    for row in rows:
        if row["arm"] in counts:
            counts[row["arm"]][:, ends.index(row["window_end"])] += (row["deliveries"], row["delayed"])
    return ends, *(tuple(counts[name].cumsum(axis=1)) for name in ("A", "B"))


def divided_anew(deliveries, delayed, tests, random, spared=0.0):
    """(A, B): the same windows divided by chance into two halves, `tests` times: arrays of tests x windows, cumulated.

    deliveries, delayed: of each window, both arms together. random: a numpy Generator. spared: the share of its delays that
    B is spared. It is what a new salt does, since each delivery goes either way, whatever the others do.
    """
    shape = (tests, len(deliveries))
    late = random.binomial(delayed, 0.5, shape)
    b = late + random.binomial(np.subtract(deliveries, delayed), 0.5, shape)
    late_a, a = np.subtract(delayed, late), np.subtract(deliveries, b)
    late = random.binomial(late, 1 - spared)
    return tuple((n.cumsum(axis=1), k.cumsum(axis=1)) for n, k in ((a, late_a), (b, late)))


def _some(variance):
    """`variance`, NaN where there is none: nothing was delayed yet, or everything, or an arm is empty."""
    variance = np.asarray(variance, float)
    return np.where((variance > 0) & np.isfinite(variance), variance, np.nan)


def _unless_nan(values, otherwise):
    return np.where(np.isnan(values), otherwise, values)
