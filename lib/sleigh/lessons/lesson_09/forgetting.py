"""Fifty minutes of deliveries, and what a learner's stream makes of it: rows and micro-batches, for exercise 09.1."""

import datetime as dt
import itertools

from .. import small_stream
from ..attempt import Wrong
from ..frames import rows

_TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)


def commits():
    """Five commits of ten minutes each, on time, as (region, seconds after 10:00); commit 3 brings two late ones as well.

    Two windows of five minutes for each region and commit, with 1 to 3 deliveries each.
    """
    made = []
    for start in range(0, 3000, 600):
        africa = [("Africa", start + second) for second in (60, 240, 300, 360, 540)]
        europe = [("Europe", start + second) for second in (0, 120, 420)]
        made.append([*africa, *europe, (None, start + 480), (None, start + 30)])
    # Micro-batch 2 works with 10:09:00, so micro-batch 3 finds 10:00 closed, and 10:05 not. With five minutes both are.
    made[3] += [("Africa", 180), ("Africa", 570)]
    return made


def expected():
    """What a watermark of ten minutes leaves of it: every delivery but the one of 10:03."""
    counts = {}
    for region, second in itertools.chain(*commits()):
        counts[region, second // 300] = counts.get((region, second // 300), 0) + 1
    counts["Africa", 0] -= 1
    return [
        {"region": region, "window_start": _TEN + dt.timedelta(minutes=5 * window), "total_deliveries": count}
        for (region, window), count in counts.items()
    ]


def run(counts):
    """The last version of each row of the answer, and what each micro-batch did; in update mode, a commit at a time."""
    columns = "delivery_id string, region string, delivery_timestamp timestamp"
    landed = [
        [
            {
                "delivery_id": f"T-{place}-{row}",
                "region": region,
                "delivery_timestamp": _TEN + dt.timedelta(seconds=second),
            }
            for row, (region, second) in enumerate(commit)
        ]
        for place, commit in enumerate(commits())
    ]
    written, steps = small_stream.run(lambda stream: _require_columns(counts(stream)), columns, landed, mode="update")
    return _newest(written), steps


def _newest(written):
    """The last version of each row; all of them where one micro-batch has written a row twice."""
    versions = {}
    for batch in map(rows("region", "window_start", "total_deliveries"), written):
        keys = [(row["region"], row["window_start"]) for row in batch]
        if len(set(keys)) < len(keys):
            return batch
        versions |= zip(keys, batch, strict=True)
    return list(versions.values())


def _require_columns(made):
    types = {name.lower(): kind for name, kind in made.dtypes}
    for name in ("region", "window_start", "total_deliveries"):
        if name not in types:
            raise Wrong(f"the column {name} is missing: there are {', '.join(made.columns)}.")
    if not types["window_start"].startswith("timestamp"):
        raise Wrong(
            f"window_start is a {types['window_start'].split('<')[0]}: it must be a timestamp, the window's start."
        )
    return made
