"""Take the README's pictures of the dashboard: docs/dashboard.gif, which moves, and docs/dashboard.png, the whole page.

    python tools/picture.py

Plays the night on a lake of its own, SPEED times as fast, with the page open in Chromium and refreshing every second, and
takes FRAMES pictures of its upper part while the charts grow. Needs a Chromium, and three minutes.
"""

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "tests")]
import browser  # noqa: E402
from sleigh import live  # noqa: E402
from sleigh.live import watch  # noqa: E402
from sleigh.serve import server  # noqa: E402
from sleigh.tables import LANDING  # noqa: E402

MOVING, STILL = ROOT / "docs" / "dashboard.gif", ROOT / "docs" / "dashboard.png"

SPEED, FROM = 60, 780
"""An hour of the night in a minute, from the minute on at which midnight comes to Africa and Europe."""

FRAMES, EVERY = 18, 5
"""How many pictures, and seconds from one to the next."""

WIDTH, HEIGHT = 960, 880
"""Of the moving picture, in pixels: six cards and three charts in a row, and the first two rows of these."""

SHOWN, LAST = 400, 3000
"""Milliseconds that each picture and the last one stand."""

DRAWN = """() => {
  const charts = [...document.querySelectorAll(".sleigh-chart")];
  return charts.length && charts.every(chart => chart.querySelector(".main-svg"));
}"""

WHOLE = "() => Math.ceil(document.querySelector('.sleigh-board').getBoundingClientRect().bottom) + 20"
"""The height of all that is there: the page scrolls within its window."""


def take(folder):
    """The pictures of a night on a lake at `folder`, and the whole page at its end: PIL Images."""
    with contextlib.ExitStack() as opened:
        running = live.start(folder, speed=1, start_minute=FROM)
        opened.callback(live.stop, running)
        opened.callback(watch.Watch(running).close)
        process, address = server.start(folder, every=1)
        opened.callback(server.stop, process)
        chromium = opened.enter_context(browser.chromium())
        page = opened.enter_context(browser.watched(chromium, address, width=WIDTH))
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.wait_for_function(DRAWN)
        running.night["speed"] = SPEED  # not before, or an hour would be over when the page is there
        live.restart(running, LANDING.name)
        begun, taken = time.monotonic(), []
        for number in range(FRAMES):
            time.sleep(max(0, begun + number * EVERY - time.monotonic()))
            taken.append(_image(page.screenshot()))
            print(f"picture {number + 1} of {FRAMES}", flush=True)
        page.set_viewport_size({"width": WIDTH, "height": page.evaluate(WHOLE)})
        page.wait_for_timeout(2 * EVERY * 1000)  # until all have been drawn at their new place
        return taken, _image(page.screenshot())


def _image(png):
    return Image.open(io.BytesIO(png)).convert("RGB")


def save(frames, path):
    """One GIF that begins again at its end. All have the same 256 colours, so that nothing flickers, chosen to be near to
    every colour that there is: by how often each is seen, there would be no yellow for the end of a small scale.
    """
    sheet = Image.new("RGB", (WIDTH, HEIGHT * len(frames)))
    for number, frame in enumerate(frames):
        sheet.paste(frame, (0, number * HEIGHT))
    palette = sheet.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    times = [SHOWN] * len(others) + [LAST]
    first.save(path, save_all=True, append_images=others, duration=times, loop=0, optimize=True, disposal=1)


def main():
    """Exit code 0."""
    with tempfile.TemporaryDirectory(prefix="sleigh-picture-") as folder:
        frames, page = take(Path(folder) / "lake")
    save(frames, MOVING)
    page.save(STILL, optimize=True)
    for path in (MOVING, STILL):
        print(f"wrote {path.relative_to(ROOT)}, {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
