"""`make run`: an hour of the night through the pipeline, its ledger, then every lesson.

python tools/run.py
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIPELINE = ["run", "--minutes", "60", "--lake", "build/lake"]


def main():
    """Exit code 0 if the ledger balances and every lesson ran to its end."""
    from sleigh.errors import SleighError

    try:
        print("sleigh " + " ".join(PIPELINE), flush=True)
        # In a JVM of its own, which ends with it: one that is to run for long compiles more, and the ledger comes later.
        return subprocess.run([sys.executable, "-m", "sleigh", *PIPELINE], cwd=ROOT).returncode or lessons()
    except SleighError as problem:
        print(f"sleigh: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\nstopped; the lake is whole. `make lab` opens the lessons, `make run` runs all of it again",
            file=sys.stderr,
        )
        return 130


def lessons():
    """Run them all. Returns the exit code."""
    import notebooks  # two seconds that the ledger need not wait for

    found = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    # In a JVM that is warm, so in about half the minutes that their heads give.
    print(
        f"\nthe lake is in build/lake. Next, all {len(found)} lessons into build/notebooks, as a check: about 15 minutes; "
        "Ctrl-C ends it, and `make lab` opens the lessons",
        flush=True,
    )
    return notebooks.main(["execute", *map(os.path.relpath, found)])


if __name__ == "__main__":
    sys.exit(main())
