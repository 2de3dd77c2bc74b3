"""Set-up's part for Spark: fetch the Delta jars once, and archive the JVM's classes so that sessions start faster.

After this nothing needs the network. Both steps are idempotent, and a lock keeps two set-ups apart (ivy's cache does not
stand parallel cold starts).
"""

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from ..errors import SleighError
from . import environment, java
from .profile import ARCHIVE, JARS_DIR, JAVA_OPTIONS, ROOT, SPARK_DIR, jars, java_options

DELTA = "4.4.0"
PACKAGE = f"io.delta:delta-spark_4.2_2.13:{DELTA}"

_KEY = ARCHIVE.with_suffix(".key")  # what the class archive was made for

_RESOLVE = "from pyspark.java_gateway import launch_gateway; launch_gateway().shutdown()"
_WARM_UP = "from sleigh.pipeline.warm_up import warm_up; warm_up()"


@contextmanager
def _lock():
    SPARK_DIR.mkdir(exist_ok=True)
    with open(SPARK_DIR / "lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _artifact(jar):
    """'org.slf4j_slf4j-api-2.0.13.jar' and 'slf4j-api-2.0.17.jar' are both 'slf4j-api'."""
    name = re.sub(r"-\d[\w.]*\.jar$", "", jar)
    return name


def needed(fetched, shipped):
    """The jars of `fetched` (ivy's names, group_artifact-version.jar) that pyspark does not ship in some version.

    Ivy copies every dependency of Delta, and most are older copies of what pyspark has already; two versions of one
    library on the class path are worse than one.
    """
    have = {_artifact(jar) for jar in shipped}
    return sorted(jar for jar in fetched if _artifact(jar).split("_", 1)[1] not in have)


def has_jars():
    """Whether set-up has fetched the jars of this version of Delta."""
    return any(JARS_DIR.glob(f"*delta-spark_*-{DELTA}.jar"))


def fetch_jars():
    """Resolve Delta's jars with ivy into .spark/jars. Needs the network, once.

    Raises SleighError if they cannot be fetched.
    """
    import pyspark

    with _lock():
        if has_jars():
            return
        ivy = SPARK_DIR / "ivy"
        # Java's own options stay here: they may name the proxy that leads to the network.
        env = environment.for_java(keep="JAVA_TOOL_OPTIONS") | {
            "PYSPARK_SUBMIT_ARGS": f"--packages {PACKAGE} --conf {shlex.quote(f'spark.jars.ivy={ivy}')} pyspark-shell",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        done = subprocess.run([sys.executable, "-c", _RESOLVE], env=env, capture_output=True, text=True)
        copies = ivy / "jars"
        if done.returncode or not any(copies.glob(f"*delta-spark_*-{DELTA}.jar")):
            said = next(reversed(done.stderr.strip().splitlines()), "Java said nothing")
            raise SleighError(
                f"the Delta jars ({PACKAGE}) could not be fetched: connect to the network, then `make doctor` ({said[:200]})"
            )
        shipped = [jar.name for jar in (Path(pyspark.__file__).parent / "jars").glob("*.jar")]
        part = SPARK_DIR / "jars.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for jar in needed([jar.name for jar in copies.glob("*.jar")], shipped):
            shutil.copy(copies / jar, part / jar)
        shutil.rmtree(JARS_DIR, ignore_errors=True)
        part.rename(JARS_DIR)  # all or nothing
        shutil.rmtree(ivy)


def has_archive():
    """Whether there is a class archive, made by this Java, of these jars and in this folder: no other is of any use."""
    return ARCHIVE.exists() and _KEY.exists() and _KEY.read_text() == _key()


def _key():
    import pyspark

    # The JVM refuses the archive, without a word, if one jar of the class path is not the very file: its size and time.
    files = [Path(jar) for jar in jars()] + sorted((Path(pyspark.__file__).parent / "jars").glob("*.jar"))
    told = [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    return "\n".join([java.java_says().strip(), *told, str(ROOT), *JAVA_OPTIONS])


def archive_classes():
    """Write the class archive (AppCDS) for this JVM: sessions then start in about half the time."""
    with _lock():
        if has_archive():
            return
        ARCHIVE.unlink(missing_ok=True)
        part = ARCHIVE.with_suffix(".part")
        env = {name: value for name, value in os.environ.items() if not name.startswith("SLEIGH_")} | {
            "PYTHONPATH": str(ROOT / "lib"),
            "SLEIGH_JAVA_OPTIONS": f'{java_options()} -XX:ArchiveClassesAtExit="{part}"',
            "SLEIGH_RUNTIME": "local",
        }
        done = subprocess.run([sys.executable, "-c", _WARM_UP], env=env, capture_output=True, text=True, cwd=SPARK_DIR)
        if done.returncode:
            raise SleighError(f"the class archive could not be made: {done.stderr.strip().splitlines()[-1]}")
        if part.exists():  # a JVM without class data sharing makes none; sessions then start without it
            part.replace(ARCHIVE)
            _KEY.write_text(_key())


def setup():
    """Everything that needs the network or is done once. Safe to call again."""
    fetch_jars()
    archive_classes()
