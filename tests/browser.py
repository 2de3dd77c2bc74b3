"""A real Chromium for the tests of pages, and what a page must not do: complain on its console, leave this machine, draw a
text over another or out of the window, or write it in a colour that is hard to read.
"""

import re
from contextlib import contextmanager
from itertools import combinations
from urllib.parse import urlsplit

from sleigh.lessons.display import browser as installed

ITS_OWN = ("accounts.google.com", "content-autofill.googleapis.com", "update.googleapis.com")
"""Whom Chromium asks by itself, whatever its other switches say (tools/fence.py saw it): these it does not find. What a page
asks of anybody else stays to be seen."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=" + ", ".join(f"MAP {name} ~NOTFOUND" for name in ITS_OWN),
)
REFRESH = re.compile(r"([\d.]+) s\s+refresh")
"""What the dashboard's strip says of how long a refresh took."""

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
def watched(browser, address, *, width=1280, prepare=lambda page: None):
    """A page at `address`; on leaving it, nothing may have been written as an error or a warning, nor asked from another
    machine. prepare(page) is called before it opens.
    """
    page = browser.new_page(viewport={"width": width, "height": 900}, base_url=address)
    page.set_default_timeout(SECONDS * 1000)
    errors, strangers = [], []
    page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: None if _is_local(request.url) else strangers.append(request.url))
    prepare(page)
    page.goto(address)
    yield page
    page.close()
    assert not errors, errors
    assert not strangers, strangers


def _is_local(url):
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob") or parts.hostname in ("127.0.0.1", "localhost")


# Layout


def faults(page, *, contrast=4.5):
    """What is wrong with the texts of a page as it is drawn, a line each: over one another, cut off, or hard to read.

    Measured are the boxes of all visible texts, in HTML and in SVG, within what clips them. Contrast is WCAG's, of the
    computed colours, what is see-through mixed with what lies below.
    """
    boxes = page.evaluate(_BOXES)
    assert len(boxes) > 1, "there is no text to measure"
    width = page.viewport_size["width"]
    found = [f"cut: {box['text']}" for box in boxes if box["left"] < -1 or box["right"] > width + 1 or box["cut"]]
    found += [f"contrast {box['ratio']:.2f}: {box['text']}" for box in boxes if box["ratio"] < contrast]
    found += [
        f"over each other: {one['text']} | {other['text']}"
        for one, other in combinations(boxes, 2)
        if _meet(one, other)
    ]
    return found


def _meet(one, other):
    """Whether two boxes share more than a pixel. A box is as high as its font, which is more than its letters are."""
    wide = min(one["right"], other["right"]) - max(one["left"], other["left"])
    low, high = min(one["bottom"], other["bottom"]), max(one["top"], other["top"])
    return wide > 1 and low - high > 0.3 * min(one["bottom"] - one["top"], other["bottom"] - other["top"])


_BOXES = """() => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const paint = canvas.getContext("2d", {willReadFrequently: true});
  const over = (below, colour, alpha = 1) => {  // as [red, green, blue]
    paint.globalAlpha = 1;
    paint.fillStyle = `rgb(${below.join()})`;
    paint.fillRect(0, 0, 1, 1);
    paint.globalAlpha = alpha;
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colour) => colour.map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const lineage = (part) => part ? [...lineage(part.parentElement), part] : [];

  const measured = [];
  const measure = (part, text, rects) => {
    const style = getComputedStyle(part), drawn = part instanceof SVGElement, above = lineage(part);
    if (!part.checkVisibility({opacityProperty: true, visibilityProperty: true}) || style.clipPath !== "none") return;
    const clips = above.filter(each => each !== document.documentElement && each !== document.body)
      .filter(each => !(each instanceof SVGElement && each.tagName !== "svg"))
      .filter(each => getComputedStyle(each).overflow !== "visible").reverse();
    let below = [255, 255, 255];
    for (const each of above) below = over(below, getComputedStyle(each).backgroundColor);
    const slice = part.closest("g.slice, g.point")?.querySelector("path");
    if (slice) below = over(below, getComputedStyle(slice).fill);
    const ink = drawn ? over(below, style.fill, Number(style.fillOpacity)) : over(below, style.color);
    const [dark, bright] = [light(ink), light(below)].sort((one, other) => one - other);
    for (const rect of rects) {
      const box = {left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom};
      let cut = false, wanted = true;  // what lies outside of a part that scrolls, or ends in an ellipsis, may do so
      for (const each of clips) {
        const clip = each.getBoundingClientRect(), how = getComputedStyle(each);
        const out = Math.max(clip.left - box.left, box.right - clip.right, clip.top - box.top, box.bottom - clip.bottom);
        if (out > 2 && wanted) {
          wanted = !/auto|scroll/.test(how.overflow) && how.textOverflow !== "ellipsis";
          cut = wanted;
        }
        box.left = Math.max(box.left, clip.left); box.right = Math.min(box.right, clip.right);
        box.top = Math.max(box.top, clip.top); box.bottom = Math.min(box.bottom, clip.bottom);
      }
      const seen = box.right - box.left >= 1 && box.bottom - box.top >= 1;
      if (seen || cut) measured.push({...box, text, ratio: (bright + 0.05) / (dark + 0.05), cut});
    }
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim(), part = walk.currentNode.parentElement;
    if (!text || part.closest("script, style, option, title, noscript")) continue;
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    measure(part, text, [...range.getClientRects()]);
  }
  for (const part of document.querySelectorAll("select")) measure(part, part.value, [part.getBoundingClientRect()]);
  return measured;
}"""
