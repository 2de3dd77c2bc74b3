"""What every test may use. lib/, tests/ and tools/ are importable (see pyproject.toml).

One Spark session serves the whole run, and three lakes that are filled once: `plain` and `late` (a night through the
pipeline in final mode) and `live` (plain's silver through gold in live mode). Tests that change a lake change a copy.
"""

import shutil

import pytest


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

    return helpers.fill(spark, tmp_path_factory.mktemp("plain") / "lake", **helpers.PLAIN)


@pytest.fixture(scope="session")
def late_folder(spark, tmp_path_factory):
    """helpers.LATE, streamed in one go: some events miss their window, some even silver."""
    import helpers

    return helpers.fill(spark, tmp_path_factory.mktemp("late") / "lake", **helpers.LATE)


@pytest.fixture(scope="session")
def live_folder(spark, plain_folder, tmp_path_factory):
    """plain's silver once more, with gold in live mode."""

    from sleigh import pipeline, runtime
    from sleigh.pipeline import gold, streams

    folder = tmp_path_factory.mktemp("live") / "lake"
    shutil.copytree(plain_folder, folder)
    for table in gold.GOLD:
        shutil.rmtree(folder / table)
        shutil.rmtree(folder / "_checkpoints" / table)
    runtime.open_lake(spark, folder)
    streams.drain(*[pipeline.start_table(spark, table, mode="live") for table in gold.GOLD])
    return folder


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
