"""Set-up's part for Spark: fetch the Delta jars once, and archive the JVM's classes so that sessions start faster.

After this nothing needs the network. Both steps are idempotent, and a lock keeps two set-ups apart.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from .. import java
from ..errors import SleighError
from . import jars
from .profile import ARCHIVE, JAVA_OPTIONS, QUICK, ROOT, SPARK_DIR, java_options
from .profile import jars as class_path

_KEY = ARCHIVE.with_suffix(".key")  # what the class archive was made for

_WARM_UP = "from sleigh.pipeline.warm_up import warm_up; warm_up()"


def has_archive():
    """Whether there is a class archive, made by this Java, of these jars and in this folder: no other is of any use."""
    return ARCHIVE.exists() and _KEY.exists() and _KEY.read_text() == _key()


def _key():
    import pyspark

    # The JVM refuses the archive, without a word, if one jar of the class path is not the very file: its size and time.
    files = [Path(jar) for jar in class_path()] + sorted((Path(pyspark.__file__).parent / "jars").glob("*.jar"))
    told = [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    return "\n".join([java.java_says().strip(), *told, str(ROOT), *JAVA_OPTIONS])


def archive_classes():
    """Write the class archive (AppCDS) for this JVM: sessions then start in about half the time.

    Says on stderr that it does, and how long it took. Raises SleighError if that fails.
    """
    with jars.lock():
        if has_archive():
            return
        begun = time.monotonic()
        _say("set-up: archiving the JVM's classes, for sessions that start in half the time (about half a minute) ...")
        ARCHIVE.unlink(missing_ok=True)
        part = ARCHIVE.with_suffix(".part")
        env = {name: value for name, value in os.environ.items() if not name.startswith("SLEIGH_")} | {
            "PYTHONPATH": str(ROOT / "lib"),
            "SLEIGH_JAVA_OPTIONS": f'{java_options()} {QUICK} -XX:ArchiveClassesAtExit="{part}"',
            "SLEIGH_RUNTIME": "local",
        }
        done = subprocess.run([sys.executable, "-c", _WARM_UP], env=env, capture_output=True, text=True, cwd=SPARK_DIR)
        if done.returncode:
            raise SleighError(f"the class archive could not be made: {done.stderr.strip().splitlines()[-1]}")
        if part.exists():  # a JVM without class data sharing makes none; sessions then start without it
            part.replace(ARCHIVE)
            _KEY.write_text(_key())
        _say(f"set-up: archived in {time.monotonic() - begun:.1f} s")


def setup():
    """Everything that needs the network or is done once. Safe to call again."""
    jars.fetch_jars()
    archive_classes()


def _say(text):
    print(text, file=sys.stderr, flush=True)
