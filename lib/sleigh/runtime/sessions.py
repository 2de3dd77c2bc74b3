"""The Spark session of this process."""

from ..errors import SleighError
from . import lakes
from .place import backend


def session(lake=None, long=False):
    """The Spark session of this process, started if need be, with the lake at folder `lake` open.

    long: whether a JVM that is started will work for more than a few minutes, see profile.QUICK.
    Raises SleighError if there is no suitable Java, the Delta jars cannot be had, Spark does not start, or a session
    without Delta runs in this process.
    """
    spark = backend().running()
    if spark is None:
        lakes.forget()  # a new session knows no tables
        spark = backend().start(long)
    elif not backend().has_delta(spark):
        raise SleighError(
            "a Spark session without Delta runs in this process, and it is not the course's: stop it (spark.stop()), "
            "or restart the kernel, then run this cell again"
        )
    if lake is not None:
        lakes.open_lake(spark, lake)
    return spark


def stop():
    """Stop the session, and its JVM if this process has started it, so that the next session() starts afresh."""
    backend().stop()
    lakes.forget()


def is_running():
    """Whether the JVM that this process has started is still there; True where it is another's."""
    return backend().is_running()
