"""Working copies of the lessons, without outputs, so that nobody reads an answer before the question.

    python tools/lab.py              makes lab/ beside notebooks/, one copy a lesson (`make lab`)
    python tools/lab.py --quiet      the same where JupyterLab is opened by others, as on Binder
    python tools/lab.py --reset 03   gives lesson 03 a fresh copy; what was there is kept as lab/03_silver.old.ipynb

A copy that nobody has changed follows its lesson; one that was changed is never overwritten.
"""

import argparse
import hashlib
import itertools
import json
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_core.paths import jupyter_runtime_dir

import notebooks

ROOT = Path(__file__).resolve().parents[1]
NOTE = ".fresh.json"
"""In lab/: {file: checksum of the copy as it was made}. A file with another checksum is the learner's."""


def fresh(lesson):
    """The text of lesson `lesson` (a path) as a working copy: no outputs, no counts."""
    notebook = nbformat.read(lesson, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebooks.text(notebook)


def lay(root=ROOT, reset=None):
    """Make or renew the copies in `root`/lab. Returns the names of the copies that are the learner's and were left alone.

    reset: the number of a lesson that gets a fresh copy whatever was done to it. Raises ValueError if there is no such
    lesson.
    """
    lessons = sorted((root / "notebooks").glob("[0-9]*.ipynb"))
    if reset is not None and reset not in [lesson.name[:2] for lesson in lessons]:
        raise ValueError(f"there is no lesson {reset!r}; there are {', '.join(lesson.name[:2] for lesson in lessons)}")
    lab, kept = root / "lab", []
    lab.mkdir(exist_ok=True)
    note = lab / NOTE
    made = json.loads(note.read_text()) if note.exists() else {}
    for lesson in lessons:
        copy = lab / lesson.name
        if copy.exists() and _checksum(copy.read_text(encoding="utf-8")) != made.get(lesson.name):
            if lesson.name[:2] != reset:
                kept.append(lesson.name)
                continue
            copy.replace(_free(copy))
        text = fresh(lesson)
        copy.write_text(text, encoding="utf-8", newline="\n")
        made[lesson.name] = _checksum(text)
    for page in (root / "notebooks").glob("*.md"):  # what the lessons link to beside themselves
        shutil.copy(page, lab / page.name)
    part = note.with_suffix(".part")
    part.write_text(json.dumps(made, indent=1))
    part.replace(note)
    return kept


def _free(copy):
    """Where a learner's copy is kept: 03_silver.old.ipynb, or 03_silver.old2.ipynb if that is there, and so on."""
    names = (copy.with_suffix(f".old{number if number > 1 else ''}.ipynb") for number in itertools.count(1))
    return next(path for path in names if not path.exists())


def _checksum(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _require_notes():
    """Raise ValueError unless Jupyter can keep its notes of what runs: it would say so in a traceback."""
    folder = Path(jupyter_runtime_dir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise ValueError(
            f"Jupyter cannot write into {folder} ({problem.strerror}): give it another home, HOME=/tmp make lab"
        ) from None


def main(argv=None):
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Lay working copies of the lessons, without outputs, into lab/.")
    parser.add_argument("--reset", metavar="NN", help="number of a lesson that gets a fresh copy")
    parser.add_argument("--quiet", action="store_true", help="say nothing of JupyterLab, which somebody else opens")
    arguments = parser.parse_args(argv)
    reset = arguments.reset
    try:
        _require_notes()
        kept = lay(ROOT, reset)
    except (ValueError, OSError) as problem:
        print(f"lab: {problem}", file=sys.stderr)
        return 2
    if reset:
        print(f"lab: lesson {reset} is fresh again in lab/")
    elif kept:
        print(f"lab: yours, and left as they are: {', '.join(kept)} (make lab-reset NB=03 gives a fresh one)")
    if not reset and not arguments.quiet:
        print("lab: opening JupyterLab (about 5 s); Ctrl-C, twice, ends it", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
