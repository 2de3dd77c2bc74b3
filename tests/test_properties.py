"""Whatever the night: the sums come out. One night, the same each time; `make soak` tries others, hour after hour."""

import trials

SEED = 20
"""45 % late, and gold does not wait; 2 micro-batches."""


def test_every_event_is_accounted_for_and_live_is_final_and_the_open_windows(spark, tmp_path):
    trials.random_night(spark, tmp_path / "night", SEED)
