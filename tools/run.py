"""`make run`: an hour of the night through the pipeline, its ledger, then every lesson; all of it in one JVM.

python tools/run.py
"""

import subprocess
import sys
from pathlib import Path

import warm

import notebooks

ROOT = Path(__file__).resolve().parents[1]
PIPELINE = ["run", "--minutes", "60", "--lake", "build/lake"]


def main():
    """Exit code 0 if the ledger balances and every lesson ran to its end."""
    from sleigh.errors import SleighError

    try:
        with warm.jvm():
            print("sleigh " + " ".join(PIPELINE), flush=True)
            code = subprocess.run([sys.executable, "-m", "sleigh", *PIPELINE], cwd=ROOT).returncode
            return code or notebooks.main(["execute", *map(str, sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")))])
    except SleighError as problem:
        print(f"sleigh: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; `make run` goes on with the night where it was", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
