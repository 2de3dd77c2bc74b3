"""Whatever the night: the sums come out. A few nights, the same each time; `make soak` tries others, hour after hour."""

import pytest
import trials

NIGHTS = {
    "45 % late and gold does not wait; 2 micro-batches": 20,
    "49 % late and gold waits 20 minutes; 4 micro-batches of many small files": 30,
}


@pytest.mark.parametrize("seed", NIGHTS.values(), ids=NIGHTS)
def test_every_event_is_accounted_for_and_live_is_final_and_the_open_windows(spark, tmp_path, seed):
    trials.random_night(spark, tmp_path / "night", seed)
