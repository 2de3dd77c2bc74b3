"""The JVM that Spark runs in: one of this process's own, or the warm one of a whole run of notebooks.

A warm JVM is launched by the process that runs the notebooks, by launch_jvm(), and named to their kernels by the
variables SLEIGH_GATEWAY_PORT and SLEIGH_GATEWAY_SECRET. A kernel attaches to it and leaves it running. A JVM has one
SparkContext at a time, so whoever attaches stops the one that the last kernel has left.
"""

import os
import resource
import shlex
import socket
import tempfile
import zlib
from pathlib import Path

from ..errors import SleighError
from ..java import require_java
from ..paths import ROOT
from . import environment, jars, place, profile

PORT, SECRET = "SLEIGH_GATEWAY_PORT", "SLEIGH_GATEWAY_SECRET"

OPEN_FILES = 1024
"""What a process needs that runs the eight streams: the JVM alone has 300 jars open."""

_warm = {}  # PORT and SECRET, once this process has taken them


def launch_jvm(long=False, settings=None, more=""):
    """Start a JVM with the profile's settings. Returns (gateway, variables).

    long: whether it will work for more than a few minutes, see profile.QUICK. settings, more: of the session, instead of the
    laptop profile's, see profile.write_conf; there may be a secret among them.
    gateway: py4j's, with the process as `gateway.proc`; the JVM ends when that process's stdin is closed, so with this
    process at the latest. variables: what another process needs in its environment to attach to this JVM.
    Raises SleighError if there is no suitable Java, the Delta jars cannot be had, or the JVM does not start.
    """
    require_java()
    require_files()
    jars.fetch_jars()
    if settings is None:
        return _launched(os.environ.get("SLEIGH_SPARK_CONF") or _write_conf(long))
    with tempfile.TemporaryDirectory(
        prefix="sleigh-"
    ) as own:  # for this user's eyes, and gone when the JVM has read it
        return _launched(profile.write_conf(Path(own), _extra(long), settings, more))


def _launched(conf):
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    environment.become_driver()
    launching = (
        environment.for_java()
        | {"PYSPARK_PYTHON": os.environ["PYSPARK_PYTHON"]}
        | {"PYSPARK_SUBMIT_ARGS": f"--properties-file {shlex.quote(str(conf))} pyspark-shell"}
    )
    # The JVM says things on stderr that belong in a log, not under a notebook's cell.
    with _log() as stderr, environment.changed(launching):
        begun = stderr.seek(0, os.SEEK_END)
        try:
            gateway = launch_gateway(popen_kwargs={"stdout": stderr, "stderr": stderr})
        except PySparkRuntimeError:
            stderr.seek(begun)
            said = _last_word(stderr.read().decode(errors="replace"))
            raise SleighError(f"Spark's JVM does not start; it says: {said} (all of it: {stderr.name})") from None
    address = gateway.gateway_parameters
    return gateway, {PORT: str(address.port), SECRET: address.auth_token}


def attach():
    """The gateway of the warm JVM that the environment names, no SparkContext running in it; None if it names none.

    The variables are taken out of the environment: a process that this one starts shall have a JVM of its own.
    """
    from pyspark.java_gateway import launch_gateway

    for name in (PORT, SECRET):
        if name in os.environ:
            _warm[name] = os.environ.pop(name)
    if not _answers():
        return None
    environment.become_driver()
    with environment.changed({"PYSPARK_GATEWAY_PORT": _warm[PORT], "PYSPARK_GATEWAY_SECRET": _warm[SECRET]}):
        gateway = launch_gateway()
    # The JVM tells whoever is attached which of Python's functions it has done with, by number, and some that it means are
    # the last process's: with numbers that begin at 0 it would take a running foreachBatch from this one.
    gateway.gateway_property.pool.next_id = os.getpid() << 32
    # By way of the companion object: getOrCreate() would make a context only to stop it.
    left = getattr(getattr(gateway.jvm.org.apache.spark, "SparkContext$"), "MODULE$").getActive()
    if left.isDefined():
        left.get().stop()
    return gateway


def let_go(gateway):
    """End the JVM of `gateway` if this process has launched it; leave it if it is a warm one."""
    process = getattr(gateway, "proc", None)
    if process is None:
        gateway.shutdown_callback_server()
        gateway._gateway_client.close()
        return
    gateway.shutdown()
    process.stdin.close()  # the JVM ends when its stdin does
    process.wait(300)  # the one that writes the class archive takes its time


def require_files():
    """Raise this process's limit of open files as far as Spark may need. Returns it; SleighError if it is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        soft = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        raise SleighError(f"only {soft} open files are allowed here, and Spark needs {OPEN_FILES}: raise `ulimit -n`")
    return "unlimited" if soft == resource.RLIM_INFINITY else soft


def _answers():
    try:
        socket.create_connection(("127.0.0.1", int(_warm[PORT])), timeout=10).close()
    except (KeyError, ValueError, OverflowError, OSError):  # none, or one that has ended: then this process has its own
        return False
    return SECRET in _warm


def _write_conf(long):
    extra = _extra(long)
    # A folder for each choice: two sessions that start at once must not read each other's.
    folder = profile.SPARK_DIR / f"conf-{zlib.crc32(repr(extra).encode()):08x}" if extra else profile.CONF_DIR
    return profile.write_conf(folder, extra)


def _extra(long):
    """What the place, the reader's variables, and the length of the work change in the settings."""
    extra = {name: value for name, (value, _) in place.backend().settings.items()}
    if os.environ.get("SLEIGH_JAVA_OPTIONS"):
        extra["spark.driver.extraJavaOptions"] = os.environ["SLEIGH_JAVA_OPTIONS"]
    elif not long:
        extra["spark.driver.extraJavaOptions"] = f"{profile.java_options()} {profile.QUICK}"
    if os.environ.get("SLEIGH_HEAP"):
        extra["spark.driver.memory"] = profile.heap()
    return extra


def _log():
    try:
        (ROOT / "build").mkdir(exist_ok=True)
        return open(ROOT / "build" / "spark.log", "a+b")
    except OSError:  # a checkout that cannot be written
        return tempfile.NamedTemporaryFile(prefix="sleigh-", suffix=".log", delete=False)


_NOTHING_SAID = ("Error: Could not create the Java Virtual Machine.", "Error: A fatal exception has occurred.")


def _last_word(text):
    """The last line of a JVM's stderr that says something: no stack frame, and not just that it has failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("at ", "... ", *_NOTHING_SAID))]
    return lines[-1][:300] if lines else "nothing"
