"""How long the dashboard takes to open: from the address to the cards and to the first chart, at four widths.

A lake with an hour of the night, which nobody writes to; Voila as `sleigh live` starts it, and a Chromium. Each opening has
a kernel of its own, so what is measured is: a kernel, its imports, all 14 queries, and the browser's scripts. The median of
RUNS openings. `load` is the system's load average of the last minute at the end, for the machine may do other things.
Prints one table, writes results/page.json.   usage: python bench/page.py
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from sleigh import landing, pipeline, runtime
from sleigh.lessons import display
from sleigh.serve import server

RUNS = 3
WIDTHS = (800, 1024, 1280, 1920)
PARTS = {
    "cards": "() => document.querySelector('.sleigh .card b')",
    "first chart": "() => document.querySelector('.js-plotly-plot .main-svg')",
}
"""What is waited for -> how the page is asked whether it is there."""


def opened(browser, address, width):
    """Open the page once: {part: seconds}."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    begun, seconds = time.perf_counter(), {}
    page.goto(address, wait_until="commit")
    for part, there in PARTS.items():
        page.wait_for_function(there, timeout=120_000)
        seconds[part] = time.perf_counter() - begun
    page.close()
    return seconds


def measure(lake):
    """{width: {part: median seconds}}."""
    from playwright.sync_api import sync_playwright

    process, address = server.start(lake)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=display.browser(), args=["--no-sandbox", "--disable-gpu"]
            )
            opened(browser, address, WIDTHS[0])  # the files are in the system's cache from here on
            found = {}
            for width in WIDTHS:
                runs = [opened(browser, address, width) for _ in range(RUNS)]
                found[width] = {part: round(statistics.median(run[part] for run in runs), 2) for part in PARTS}
            browser.close()
    finally:
        server.stop(process)
    return found


def main():
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        spark = runtime.session(lake)
        landing.generate(spark, minutes=60)
        pipeline.run(spark)
        runtime.stop()
        seconds = measure(lake)
        load = round(os.getloadavg()[0], 1)
    print("| the page opens, px wide | " + " | ".join(f"{part}, s" for part in PARTS) + " |\n| --- | --- | --- |")
    for width, parts in seconds.items():
        print(f"| {width} | " + " | ".join(f"{parts[part]:.1f}" for part in PARTS) + " |")
    target = Path(__file__).parent / "results" / "page.json"
    found = {"minutes": 60, "rate": 600, "runs": RUNS, "load": load, "seconds": seconds}
    target.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
