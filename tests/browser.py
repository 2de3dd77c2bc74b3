"""A real Chromium for the dashboard's tests, and what a page must not do: complain on its console, or leave this machine."""

from contextlib import contextmanager
from urllib.parse import urlsplit

from sleigh.lessons.display import browser as installed

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 180
"""How long a test waits for something to appear: CI's two cores run Spark beside the browser."""


@contextmanager
def chromium():
    """A running browser, with a profile of its own. Debian's package; nothing is downloaded."""
    from playwright.sync_api import sync_playwright

    found = installed()
    assert found, "no Chromium: apt-get install chromium, or brew install --cask chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def watched(browser, address, *, width=1280):
    """A page at `address`; on leaving it, nothing may have been written as an error or asked from another machine."""
    page = browser.new_page(viewport={"width": width, "height": 900}, base_url=address)
    page.set_default_timeout(SECONDS * 1000)
    errors, strangers = [], []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: None if _is_local(request.url) else strangers.append(request.url))
    page.goto(address)
    yield page
    page.close()
    assert not errors, errors
    assert not strangers, strangers


def _is_local(url):
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob") or parts.hostname in ("127.0.0.1", "localhost")
