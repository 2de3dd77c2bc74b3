"""A plugin of pytest (`-p fenced`): the run, and all that its tests start, stands behind a fence (fence.py).

A test fails if, while it ran, something was sent to another machine or could be connected to by one. So what the tests start
in any case, notebooks, streams, pages, browsers, is watched at no cost.
"""

import sys

import fence
import pytest

_around = None
"""The fence of this process; there can be one only."""


def pytest_configure(config):
    global _around
    if config.option.collectonly:
        return
    if why := fence.possible():
        print(f"fence: {why}: nobody looks at what leaves this machine", flush=True)
    else:
        _around = fence.Fence()
        print("fence: these tests have no network but the loopback", flush=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    yield
    if _around and (seen := _around.take()):
        pytest.fail("\n".join(seen), pytrace=False)


def pytest_sessionfinish(session):
    """What came after the last test, of which nobody was told."""
    for line in _around.take() if _around else []:
        print(f"fence: {line}", file=sys.stderr, flush=True)
        session.exitstatus = 1
