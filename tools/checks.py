"""Everything that CI checks, called by `make test` after set-up.

    python tools/checks.py                    all stages
    python tools/checks.py lint pages         only these

First what takes seconds (lint); then all notebooks against their committed outputs, the tests that share a session, and
those that start processes of their own, two stages at a time, because one alone leaves half a core idle. A stage that
fails lets the others go on to their end, and the exit code is 1. Each stands behind a fence (fenced.py): what asks another
machine for something fails.
At the end: a table of the stages, the twenty slowest checks, and what failed, with the first line of each reason.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "lib"))
from sleigh.runtime import profile  # noqa: E402

REPORTS = ROOT / "build" / "checks"

NBVAL = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
"""Strict: every output is compared, but for the lines that the sanitize file explains."""

NOTEBOOKS = [
    str(path) for folder in ("notebooks", "solutions") for path in sorted((ROOT / folder).glob("[0-9]*.ipynb"))
]

LINT = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "layers": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "template": ["tools/template.py", *NOTEBOOKS],
    "benchmarks": ["tools/benchmarks.py", "--check"],
    "errors page": ["tools/errors.py", "--check"],
    "course": ["tools/course.py", "--check"],
    "serverless": ["tools/serverless.py", "--check"],
    "databricks page": ["tools/databricks_page.py", "--check"],
}
"""Name -> what Python is told to run; each takes seconds."""

PARTS = {
    "processes": [
        *("live", "runtime", "landing/test_producer.py", "lessons/test_alone.py", "lessons/test_progress.py"),
        *("extensions/test_alerts_delivery.py", "extensions/test_weather_service.py"),
        *("test_kill.py", "test_sixth_table.py"),
    ],
    "pages": ["serve", "tools", "security", "test_cli.py"],
}
"""What of tests/ makes up a stage of that name: those that start processes of their own, JVMs and browsers among them. In
`pages` is what people see of it, the command line included; this way both lanes end together. All the others are in
`library`, where one session serves them all: a JVM that is warm needs a third of what a new one does."""

STAGES = {
    "notebooks": ["-p", "warm", *NBVAL, "notebooks", "solutions"],
    "library": ["tests", *(f"--ignore=tests/{path}" for part in PARTS.values() for path in part)],
    **{name: [f"tests/{path}" for path in part] for name, part in PARTS.items()},
}
"""Name -> what pytest is told to run, minutes each, in the order in which they begin: the longest first."""

LANES = 2
"""With three, all of it takes 1,897 s on two cores instead of 1,826 s, and a fifth more of CPU time."""

ROOMY = "-Xmn400m -XX:ReservedCodeCacheSize=400m"
"""For the JVMs of the checks: room for what is soon garbage, and for the machine code of twenty minutes."""


def lint():
    """Run the checks that take seconds, each to its end. Returns [(name, seconds, passed)]."""
    done = []
    for name, words in LINT.items():
        start = time.monotonic()
        passed = subprocess.run([sys.executable, *words], cwd=ROOT).returncode == 0
        done.append((name, time.monotonic() - start, passed))
        _say(name, "passed" if passed else "FAILED", done[-1][1])
    return done


def stages(names):
    """Run stages, LANES of them side by side, each line that they print behind the stage's name. Returns as lint() does."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    done = []
    with tempfile.TemporaryDirectory(prefix="sleigh-lakes-") as lakes, ThreadPoolExecutor(LANES) as pool:
        for _ in pool.map(lambda name: _stage(name, lakes, done), names):
            pass
    return done


def _stage(name, lakes, done):
    start = time.monotonic()
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    # tools/ for the plugin; what else is on the path the notebooks must find by themselves.
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-v", "-p", "fenced", *STAGES[name], f"--junitxml={report}"],
        cwd=ROOT,
        env=os.environ
        | {
            "PYTHONPATH": "tools",
            "SLEIGH_JAVA_OPTIONS": " ".join([profile.java_options(), ROOMY, *[profile.QUICK] * (name in PARTS)]),
            "SLEIGH_TEST_LAKES": lakes,  # see tests/conftest.py
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    for line in process.stdout:
        print(f"{name:<9} | {line.rstrip()}", flush=True)
    passed = process.wait() == 0
    done.append((name, time.monotonic() - start, passed))
    _say(name, "passed" if passed else "FAILED", done[-1][1])


def _say(name, word, seconds):
    print(f"== {name} {word} in {seconds:.0f} s", flush=True)


def checked(name):
    """[(seconds, check, why)] of the stage's report, each with its set-up; [] if it wrote none. `why` it failed, or None."""
    report = REPORTS / f"{name}.xml"
    if not report.exists():
        return []
    return [
        (float(case.get("time")), f"{case.get('classname')}::{case.get('name')}", _why(case))
        for case in ElementTree.parse(report).iter("testcase")
    ]


def _why(case):
    for child in case:
        if child.tag in ("failure", "error"):
            return (child.get("message") or "").split("\n")[0][:200]
    return None


def summary(done):
    """The table of stages, the twenty slowest checks and those that failed, as lines."""
    lines = ["", f"{'stage':<14}{'checks':>8}{'seconds':>9}"]
    every = []
    for name, seconds, passed in done:
        found = checked(name) if name in STAGES else [None]
        every += found if name in STAGES else []
        lines.append(f"{name:<14}{len(found):>8,}{seconds:>9.0f}{'' if passed else '   FAILED'}")
    if every:
        lines += ["", "the slowest twenty, seconds"]
        lines += [
            f"{seconds:>7.1f}  {check}" for seconds, check, _ in sorted(every, key=itemgetter(0), reverse=True)[:20]
        ]
    if failed := [f"  {check}: {why}" for _, check, why in every if why is not None]:
        lines += ["", f"failed, {len(failed)}", *failed[:20]]
    return lines


def main(argv=None):
    """Exit code 0 if all passed, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Run every check that CI runs.")
    parser.add_argument("stages", nargs="*", help=f"lint, {', '.join(STAGES)} (default: all)")
    wanted = parser.parse_args(argv).stages or ["lint", *STAGES]
    if unknown := set(wanted) - {"lint", *STAGES}:
        parser.error(f"there is no stage {min(unknown)}; there are lint, {', '.join(STAGES)}")
    start = time.monotonic()
    done = lint() if "lint" in wanted else []
    done += stages([name for name in STAGES if name in wanted])
    failed = [name for name, _, passed in done if not passed]
    print("\n".join(summary(done)))
    print(f"== {'FAILED: ' + ', '.join(failed) if failed else 'all passed'} in {time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
