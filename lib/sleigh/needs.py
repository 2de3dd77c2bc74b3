"""What the course needs of a machine before anything is installed: a Python, a folder, space, a Java.

    python3 -m sleigh.needs python      whether this Python will do
    python3 -m sleigh.needs             whether all the rest is there

Each says what is missing in one line, with what to type, and then its exit code is 1. The doctor says the same things.
Nothing but the standard library, and nothing that an older Python cannot read.
"""

import importlib.util
import os
import shutil
import sys

from .errors import SleighError
from .java import require_java
from .paths import ROOT

OLDEST, NEWEST = (3, 11), (3, 14)
"""The Pythons for which every locked package is there, built."""

DISK_GB, MORE_GB = 3, 0.5
"""What .venv, .spark and a few lakes take; and what set-up wants where .venv is there already."""


def require_python(version=None):
    """Raise SleighError unless this Python, or that of `version`, is one of those that the course runs on."""
    found = tuple(version or sys.version_info)[:2]
    if OLDEST <= found <= NEWEST:
        return
    which = "too old" if found < OLDEST else "too new (some packages are not built for it yet)"
    raise SleighError(
        f"Python {_name(found)} is {which}: {_name(OLDEST)} to {_name(NEWEST)} will do; install one (apt-get install "
        "python3.13 python3.13-venv; brew install python@3.13) and name it: make PYTHON=python3.13"
    )


def require_environments():
    """Raise SleighError unless this Python can make an environment: Debian's cannot by itself."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    raise SleighError(
        f"{sys.executable} cannot make environments: sudo apt-get install python{_name(sys.version_info[:2])}-venv"
    )


def require_folder(folder=ROOT):
    """Raise SleighError unless `folder` is one that set-up can work in: writable, and with room."""
    probe = os.path.join(str(folder), f".sleigh-{os.getpid()}")
    try:
        os.mkdir(probe)
        os.rmdir(probe)
    except OSError as error:
        raise SleighError(f"cannot write to {folder} ({error.strerror}): clone it to where you may write") from None
    free = shutil.disk_usage(str(folder)).free / 2**30
    takes = MORE_GB if os.path.exists(os.path.join(str(folder), ".venv")) else DISK_GB
    if free < takes:
        raise SleighError(
            f"only {free:.1f} GB free where {folder} lies, and set-up takes {takes}: make room, or clone it elsewhere"
        )


def _name(version):
    return ".".join(map(str, version))


def main(argv):
    """Exit code 0 if all is there."""
    checks = (require_python, require_environments) if argv == ["python"] else (require_folder, require_java)
    try:
        for check in checks:
            check()
    except SleighError as problem:
        print(f"set-up: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
