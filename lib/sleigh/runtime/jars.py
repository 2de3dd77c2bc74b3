"""The Delta jars: which ones (jars.txt, written by tools/make_jars.py), and fetching them once into .spark/jars.

They come from Maven Central, or from the mirror that SLEIGH_MAVEN names, by Python: through the proxy and with the
certificates that it knows (sleigh.reach), which Java would want told in options of its own.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .. import reach
from ..errors import SleighError
from .profile import JARS_DIR, SPARK_DIR

DELTA = "4.4.0"

MAVEN = "https://repo1.maven.org/maven2"
"""Maven Central."""


class Jar(NamedTuple):
    """One file of Maven's."""

    coordinates: str  # group:artifact:version
    size: int  # in bytes
    checksum: str  # SHA-256

    @property
    def name(self):
        """The file's name here: group_artifact-version.jar. Two groups may have an artifact of one name."""
        return "{}_{}-{}.jar".format(*self.coordinates.split(":"))

    @property
    def path(self):
        """Where it lies in a Maven repository."""
        group, artifact, version = self.coordinates.split(":")
        return f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.jar"


LIST = Path(__file__).with_name("jars.txt")


def _listed():
    lines = LIST.read_text().splitlines()
    words = [line.split() for line in lines if not line.startswith("#")]
    return [Jar(coordinates, int(size), checksum) for coordinates, size, checksum in words]


LISTED = _listed()
"""What Delta needs and pyspark does not ship."""


@contextmanager
def lock():
    """For a `with`: nobody else writes into .spark meanwhile, for two set-ups may run at once."""
    SPARK_DIR.mkdir(exist_ok=True)
    with open(SPARK_DIR / "lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def has_jars():
    """Whether set-up has fetched them all."""
    return all((JARS_DIR / jar.name).exists() for jar in LISTED)


def fetch_jars():
    """Fetch them into .spark/jars, all or none; what an interrupted call has fetched is not fetched again.

    Says on stderr that it does, and how long it took. Raises SleighError if they cannot be had, with what to type.
    """
    if has_jars():
        return
    with lock():
        if has_jars():  # by now
            return
        begun = time.monotonic()
        _say(f"set-up: fetching the {len(LISTED)} jars of Delta, {sum(jar.size for jar in LISTED) / 1e6:.0f} MB ...")
        part = SPARK_DIR / "jars.part"
        part.mkdir(exist_ok=True)
        for jar in LISTED:
            if not _is_whole(part / jar.name, jar):
                _fetch(jar, part / jar.name)
        for other in {entry.name for entry in part.iterdir()} - {jar.name for jar in LISTED}:
            (part / other).unlink()  # of another version, or the half of one
        shutil.rmtree(JARS_DIR, ignore_errors=True)
        part.rename(JARS_DIR)
        _say(f"set-up: fetched in {time.monotonic() - begun:.1f} s")


def _fetch(jar, target):
    url = f"{(os.environ.get('SLEIGH_MAVEN') or MAVEN).rstrip('/')}/{jar.path}"
    half = target.with_suffix(".half")
    try:
        reach.fetch(url, half)
    except SleighError as problem:
        raise SleighError(f"{jar.coordinates} cannot be fetched: {problem}; then `make doctor`") from None
    if not _is_whole(half, jar):
        raise SleighError(
            f"what came as {url} is another file: is it the login page of this network, or a mirror's that has been "
            "changed? Mend that, then `make doctor`"
        )
    half.rename(target)


def _is_whole(file, jar):
    return (
        file.exists()
        and file.stat().st_size == jar.size
        and hashlib.sha256(file.read_bytes()).hexdigest() == jar.checksum
    )


def _say(text):
    print(text, file=sys.stderr, flush=True)
