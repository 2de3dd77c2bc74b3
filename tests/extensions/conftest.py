"""What the tests of several extensions share."""

import pytest


@pytest.fixture(scope="session")
def card(spark):
    """The model that prepare() of delay_model makes for a lake that has none."""
    from sleigh.extensions.delay_model import last_year, training

    return training.fit(last_year.silver(spark))
