"""How a verdict is told, in a way that a program can recognise, and how a solved exercise is noted.

In a notebook that a person has open the line is an output of its own, and the output's metadata names the exercise and what
became of it: {"sleigh": {"exercise": "03.1", "state": "right"}}. So a print("03.1 · right") is no verdict to whoever reads
the saved notebook. (It is no proof either: who edits the file can write anything into it.) And what is right is noted in
build/progress, a file an exercise, so that two kernels at once lose nothing of each other's. Nothing is sent anywhere.

Elsewhere (a script, a test, what tools/ runs, a solution) the line is printed, and nothing is noted.
"""

import contextlib
import datetime as dt
import json
import os
import sys
from pathlib import Path

from ..paths import ROOT, whole

NOTES = ROOT / "build" / "progress"
"""The folder of the notes: 03.1.json has {"exercise": "03.1", "solved_at": ISO 8601, UTC}, of the first time."""

STATES = ("right", "wrong", "open", "unchecked")
"""open: not attempted; unchecked: the check failed itself."""

MARK = "sleigh"
"""The key of a verdict in the metadata of an output."""

SWITCH = "SLEIGH_PROGRESS"
"""The variable that is "off" in the kernels that tools/ and the tests start: what they solve nobody has solved."""


def tell(line, number, state):
    """Show `line`, the verdict on exercise `number`, whose state is one of STATES; note it if it is right."""
    if not of_a_person():
        print(line)
        return
    from IPython.display import display

    display({"text/plain": line}, metadata={MARK: {"exercise": number, "state": state}}, raw=True)
    if state == "right":
        note(number)


def of_a_person():
    """Whether what is solved here is a learner's: in a kernel, not of our tools, and not beside the solutions."""
    if os.environ.get(SWITCH) == "off" or "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel") and not in_solutions()


def in_solutions():
    """Whether this process runs in the folder of the solutions, as a kernel of one of them does."""
    try:
        return Path.cwd() == ROOT / "solutions"
    except OSError:  # the folder is gone
        return False


def note(number):
    """Note that exercise `number` is solved, unless it is noted already."""
    path = NOTES / f"{number}.json"
    with contextlib.suppress(OSError):  # a checkout that cannot be written; the verdict has been told
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            with whole(path) as part:
                part.write_text(json.dumps({"exercise": number, "solved_at": now}))
