"""Where the repository is, what is read from it or written to it, and how a file is written whole."""

import os
import threading
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
"""The reference data: cities.csv and land.json; their sources are in data/README.md."""


@contextmanager
def whole(path):
    """For a `with`: the path of a file to write, which then becomes `path`. After an error `path` is what it was.

    So whoever reads it, or is killed, or fills the disk, never leaves or sees the half of a file.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
