"""When a region is late: a rule over its windows, with hysteresis, a minimum of volume and an end for what falls silent.

Plain functions of counts. The same windows give the same alerts, in whatever order and in how many pieces they came:
nothing is remembered between two calls, everything is found anew from the counts.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby


@dataclass(frozen=True)
class Rule:
    """An alert is raised by a window of at least `least` deliveries of which `on` percent or more were delayed, if even
    the lower bound of that rate (see `lower_bound`) is above `off` percent; it ends with the first such window below `off`,
    or when for `silence` minutes there was no window with enough deliveries to say anything.
    """

    on: float = 10
    off: float = 5
    least: int = 30
    z: float = 1.96
    silence: int = 30

    def __str__(self):
        return f"on {self.on:g} off {self.off:g} least {self.least} z {self.z:g} silence {self.silence}"


@dataclass(frozen=True)
class Window:
    """What is known of a region's window: its start, its deliveries, and how many of them were delayed."""

    region: str | None
    start: datetime
    n: int
    delayed: int

    @property
    def rate(self):
        """Percent that were delayed, to 2 decimals; None of no deliveries."""
        return round(100 * self.delayed / self.n, 2) if self.n else None


@dataclass(frozen=True)
class Alert:
    """An alert: the window that raised it, and the one that ended it, None as long as it stands."""

    raised: Window
    cleared: Window | None = None


def lower_bound(delayed, n, z=1.96):
    """The lower end of Wilson's interval for a rate of which `delayed` of `n` were seen, in percent; 0 for n = 0.

    z: how sure, 1.96 for 95 % between both ends. E. B. Wilson, Probable Inference, the Law of Succession, and Statistical
    Inference, Journal of the American Statistical Association 22 (1927).
    """
    if n == 0:
        return 0.0
    rate, spread = delayed / n, z * z / n
    middle = rate + spread / 2
    half = z * math.sqrt((rate * (1 - rate) + spread / 4) / n)
    return 100 * (middle - half) / (1 + spread)


def verdict(window, rule):
    """What one window says: True (late), False (well), None (in between, or too few deliveries to say)."""
    if window.n < rule.least:
        return None
    if 100 * window.delayed >= rule.on * window.n and lower_bound(window.delayed, window.n, rule.z) > rule.off:
        return True
    return False if 100 * window.delayed < rule.off * window.n else None


def alerts(windows, rule):
    """The alerts that `rule` finds in `windows` (in any order, one for a region and start), by time and region."""
    windows = sorted(windows, key=lambda each: (each.region is not None, each.region or "", each.start))
    newest = max((each.start for each in windows), default=None)
    found = []
    for _, of_region in groupby(windows, key=lambda each: each.region):
        found += _of_region([each for each in of_region if each.n >= rule.least], newest, rule)
    return sorted(found, key=lambda each: (each.raised.start, each.raised.region or ""))


def _of_region(windows, newest, rule):
    """The alerts of one region's windows that have volume, in order of time; `newest`: how far the night has come."""
    found, standing, heard = [], None, None
    for window in windows:
        if standing and window.start > (end := _silent(heard, rule)).start:
            found.append(Alert(standing, end))
            standing = None
        says, heard = verdict(window, rule), window
        if standing and says is False:
            found.append(Alert(standing, window))
            standing = None
        elif not standing and says:
            standing = window
    if standing:
        end = _silent(heard, rule)
        found.append(Alert(standing, end if newest >= end.start else None))
    return found


def _silent(heard, rule):
    """The window by which nothing has been heard for long enough, an empty one."""
    return Window(heard.region, heard.start + timedelta(minutes=rule.silence), 0, 0)
