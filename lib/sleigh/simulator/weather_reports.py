"""What a weather service says of the night, and when it says so: observations, some of them wrong and corrected later.

Each city has a station, which observes the weather (weather.py) every WEATHER_MINUTES, just when it may have changed. The
service publishes the observation a few minutes later. Some are wrong at first, and the service corrects them some time
after; now and then a station is silent. Every draw belongs to (seed, station, time of the observation), so it does not
matter who asks, when, or how often. Times are whole ms after NIGHT_START, in the tables timestamps.
"""

import numpy as np
import pyarrow as pa

from ..domain import NIGHT_MINUTES, WEATHER_IMPACT
from .night import pick, timestamps
from .weather import WEATHER_MINUTES, weather
from .world import cities

WRONG = 0.15
"""Share of observations that are wrong when they are published."""

SILENT = 0.03
"""Share of observations that are never made."""

PUBLISHED_SECONDS = (60, 480)
"""So long after the observation it is published: at least, at most."""

CORRECTED_MINUTES = (10, 60)
"""So long after it was published a wrong one is corrected: at least, at most."""

_STREAM = (2,)  # sets these draws apart from those of the messages and of status_changes
_DRAWS = ("published", "wrong", "other", "corrected", "silent")


def reports(seed=24, *, since=0, until=60 * NIGHT_MINUTES, corrected=CORRECTED_MINUTES):
    """What is published from second `since` of the night on and before second `until`: (reports, truth), row for row.

    reports: city string, valid_from timestamp[us, UTC], when it was observed; condition string, one of WEATHER_IMPACT;
    issued_at timestamp[us, UTC], when the service said so. By issued_at, city and valid_from. A correction has the city and
    the valid_from of what it corrects.
    truth: kind string (right, wrong, correction); true_condition string.
    corrected: minutes, see CORRECTED_MINUTES. The same `seed` gives the same, whatever the slice.
    """
    u = _draws(seed)
    steps, stations = u["published"].shape
    station = np.broadcast_to(np.arange(stations), (steps, stations))
    valid = np.broadcast_to(60_000 * WEATHER_MINUTES * np.arange(steps)[:, None], (steps, stations))
    true = weather(seed, valid, station)
    issued = valid + _whole_seconds(PUBLISHED_SECONDS, u["published"])
    wrong, said = u["wrong"] < WRONG, u["silent"] >= SILENT
    kinds = len(WEATHER_IMPACT)
    first = np.where(wrong, (true + 1 + (u["other"] * (kinds - 1)).astype(np.int64)) % kinds, true)
    later = issued + _whole_seconds([60 * minutes for minutes in corrected], u["corrected"])

    told, mended = said, said & wrong
    kind = np.concatenate([wrong[told].astype(np.int64), np.full(mended.sum(), 2)])
    rows = {
        "station": np.concatenate([station[told], station[mended]]),
        "valid": np.concatenate([valid[told], valid[mended]]),
        "said": np.concatenate([first[told], true[mended]]),
        "true": np.concatenate([true[told], true[mended]]),
        "issued": np.concatenate([issued[told], later[mended]]),
        "kind": kind,
    }
    here = (rows["issued"] >= 1000 * since) & (rows["issued"] < 1000 * until)
    rows = {name: values[here] for name, values in rows.items()}
    names = cities()["city"].combine_chunks()
    order = np.lexsort((rows["valid"], _rank(names)[rows["station"]], rows["issued"]))
    rows = {name: values[order] for name, values in rows.items()}
    conditions = list(WEATHER_IMPACT)
    published = {
        "city": pick(names, rows["station"]),
        "valid_from": timestamps(rows["valid"]),
        "condition": pick(conditions, rows["said"]),
        "issued_at": timestamps(rows["issued"]),
    }
    truth = {
        "kind": pick(["right", "wrong", "correction"], rows["kind"]),
        "true_condition": pick(conditions, rows["true"]),
    }
    return pa.table(published), pa.table(truth)


def true_weather(seed):
    """The weather as it was, everywhere and all night: city, valid_from, valid_to (exclusive), condition."""
    steps, stations = NIGHT_MINUTES // WEATHER_MINUTES, len(cities())
    step, station = (values.ravel() for values in np.indices((steps, stations)))
    begins = 60_000 * WEATHER_MINUTES * step
    return pa.table(
        {
            "city": pick(cities()["city"].combine_chunks(), station),
            "valid_from": timestamps(begins),
            "valid_to": timestamps(begins + 60_000 * WEATHER_MINUTES),
            "condition": pick(list(WEATHER_IMPACT), weather(seed, begins, station)),
        }
    )


def _draws(seed):
    """{name: uniform draws in [0, 1), an array (observations of the night, stations)}."""
    # No minute of the night has this number: see weather.py.
    stream = np.random.SeedSequence(seed, spawn_key=(NIGHT_MINUTES, *_STREAM))
    size = (len(_DRAWS), NIGHT_MINUTES // WEATHER_MINUTES, len(cities()))
    return dict(zip(_DRAWS, np.random.Generator(np.random.PCG64(stream)).random(size), strict=True))


def _whole_seconds(span, u):
    """Whole seconds, as ms, from the first of `span` (seconds) to the second, at the uniform draws `u`."""
    low, high = span
    return 1000 * np.rint(low + (high - low) * u).astype(np.int64)


def _rank(names):
    """The place of each name in alphabetical order."""
    return np.argsort(np.argsort(np.array(names.to_pylist())))
