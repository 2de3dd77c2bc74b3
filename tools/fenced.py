"""A plugin of pytest (`-p fenced`): the run, and all that its tests start, stands behind a fence (fence.py).

A test fails if, while it ran, something was sent to another machine or could be connected to by one. So what the tests start
in any case, notebooks, streams, pages, browsers, is watched at no cost.
"""

import sys

import fence
import pytest

BROWSERS_OWN = {
    "accounts.google.com",
    "clients2.google.com",
    "content-autofill.googleapis.com",
    "optimizationguide-pa.googleapis.com",
    "safebrowsing.googleapis.com",
    "start.duckduckgo.com",
    "update.googleapis.com",
}
"""Names that Chromium asks for by itself. Ours is told not to (tests/browser.py); kaleido starts one of its own, with its
own switches, to draw the authors' pictures, and it stays until the process ends: of it these look-ups are let pass."""

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
    if seen := _seen():
        pytest.fail("\n".join(seen), pytrace=False)


def _seen():
    """What the fence has seen since it was last asked, but for what no switch of ours keeps a browser from."""
    lines = _around.take() if _around else []
    return [line for line in lines if not (line.startswith("sent: udp ") and line.split()[-1] in BROWSERS_OWN)]


def pytest_sessionfinish(session):
    """What came after the last test, of which nobody was told."""
    for line in _seen():
        print(f"fence: {line}", file=sys.stderr, flush=True)
        session.exitstatus = 1
