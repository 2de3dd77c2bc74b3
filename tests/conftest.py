"""What every test may use. lib/, tests/ and tools/ are importable (see pyproject.toml).

One Spark session serves the whole run, and three lakes that are filled once: `plain` and `late` (a night through the
pipeline in final mode) and `live` (plain's silver through gold in live mode). Tests that change a lake change a copy.
The stages of one `make test` share them: the folder LAKES holds what one has filled, and the others copy it.
"""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

LAKES = "SLEIGH_TEST_LAKES"
"""The variable by which tools/checks.py names that folder."""


def filled(name, target, fill):
    """The lake `target`, filled by fill(folder), or copied from what another stage of this run has filled as `name`."""
    if LAKES not in os.environ:
        fill(target)
        return target
    shared = Path(os.environ[LAKES]) / name
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            fill(target)
            part = shared.with_suffix(".part")
            shutil.copytree(target, part)
            part.rename(shared)
            return target
    shutil.copytree(shared, target)
    return target


@pytest.fixture(scope="session")
def spark():
    from sleigh import runtime

    yield runtime.session()
    runtime.stop()


@pytest.fixture
def lake(spark, tmp_path):
    """A fresh, empty lake, open. Its name has what a folder's name may have."""
    from sleigh import runtime

    folder = tmp_path / "Santa's lake"
    runtime.open_lake(spark, folder)
    return folder


@pytest.fixture(scope="session")
def plain_folder(spark, tmp_path_factory):
    """helpers.PLAIN, streamed in one go: no event is late, so nothing depends on how the night was cut."""
    import helpers

    folder = tmp_path_factory.mktemp("plain") / "lake"
    return filled("plain", folder, lambda folder: helpers.fill(spark, folder, **helpers.PLAIN))


@pytest.fixture(scope="session")
def late_folder(spark, tmp_path_factory):
    """helpers.LATE, streamed in one go: some events miss their window, some even silver."""
    import helpers

    folder = tmp_path_factory.mktemp("late") / "lake"
    return filled("late", folder, lambda folder: helpers.fill(spark, folder, **helpers.LATE))


@pytest.fixture(scope="session")
def live_folder(spark, plain_folder, tmp_path_factory):
    """plain's silver once more, with gold in live mode."""

    from sleigh import pipeline, runtime
    from sleigh.pipeline import gold, streams

    def fill(folder):
        shutil.copytree(plain_folder, folder)
        for table in gold.GOLD:
            shutil.rmtree(folder / table)
            shutil.rmtree(folder / "_checkpoints" / table)
        runtime.open_lake(spark, folder)
        streams.drain(*[pipeline.start_table(spark, table, mode="live") for table in gold.GOLD])

    return filled("live", tmp_path_factory.mktemp("live") / "lake", fill)


@pytest.fixture
def plain(spark, plain_folder):
    """The lake of plain_folder, open. Read it only."""
    import helpers

    return helpers.opened(spark, plain_folder)


@pytest.fixture
def late(spark, late_folder):
    """The lake of late_folder, open. Read it only."""
    import helpers

    return helpers.opened(spark, late_folder)


@pytest.fixture
def live(spark, live_folder):
    """The lake of live_folder, open. Read it only."""
    import helpers

    return helpers.opened(spark, live_folder)
