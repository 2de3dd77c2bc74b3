"""Write docs/benchmarks.md and docs/scaling.md from bench/results/*.json.

python tools/benchmarks.py            writes them
python tools/benchmarks.py --check    exit code 1 and a line for each that differs
"""

import json
import sys
from pathlib import Path

import scaling
from benchmark_sections import binder, lessons, live, soak, speed
from headings import anchor

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/benchmarks.md"

SECTIONS = {
    "defaults": speed.defaults,
    "pipeline": speed.pipeline,
    "cluster": speed.cluster,
    "microbatch": speed.microbatch,
    "anatomy": speed.anatomy,
    "night": speed.night,
    "warehouse": live.warehouse,
    "page": live.page,
    "live": live.live,
    "growth": live.growth,
    "extensions": live.extensions,
    "tenants": lessons.tenants,
    "routes": lessons.routes,
    "averages": lessons.averages,
    "binder": binder.binder,
    "soak": soak.soak,
}
"""File of bench/results, and script of bench, by name -> what makes a Section of it, in the order of the page."""

HEAD = """\
<!-- Written by tools/benchmarks.py from bench/results; do not edit. -->
# Benchmarks

Measured on two cores with JDK 17. Seconds are one machine's; ratios carry over. `make bench` measures everything again,
a section's script that section alone.
"""


def results(root):
    """{name: what bench/results/NAME.json holds} of the files that there are."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((root / "bench" / "results").glob("*.json"))}


def page(measured):
    """The text of the page about `measured`, as results() gives it; what was not measured is left out."""
    sections = {name: make(measured[name]) for name, make in SECTIONS.items() if name in measured}
    lines = [HEAD]
    lines += [f"- [{each.title}](#{anchor(each.title)}): {each.answer}" for each in sections.values()]
    for name, each in sections.items():
        lines += ["", f"## {each.title}", "", f"`python bench/{name}.py`", "", each.body]
    return "\n".join(lines) + "\n"


PAGES = {PAGE: page, "docs/scaling.md": scaling.page}


def main(arguments, root=ROOT):
    """Write or check. Returns the exit code."""
    measured, wrong = results(root), 0
    for name, write in PAGES.items():
        path, wanted = root / name, write(measured)
        if arguments != ["--check"]:
            path.write_text(wanted, encoding="utf-8", newline="\n")
            print(f"wrote {name}")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            print(f"{name} is not what bench/results say: run python tools/benchmarks.py")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
