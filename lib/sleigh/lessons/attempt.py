"""Runs what a learner wrote: an endless loop, an exit, a flood of output or an error of any kind ends in one line.

with quiet(), limited(60):              # around a whole check
    with theirs() as printed:           # around each piece of the learner's work: what it raises becomes Wrong
        got = answer(7, 2)
    printed()                           # what it printed, on one line, cut
"""

import contextlib
import ctypes
import io
import logging
import signal
import sys
import threading
import time

from .notebook import brief

CALL_SECONDS = 10
"""How long one piece of a learner's work may run. Read at each use, so a test may shorten it."""

SLOW_SECONDS = 40
"""How long it may run where Spark works for it. Read at each use."""

CHECK_SECONDS = 90
"""How long a whole check may run, Spark's jobs included. Read at each use."""

_TAG = "sleigh-exercise"  # of Spark's jobs

_AGAIN = 0.05  # seconds until a loop that swallowed the first TimeUp gets the next


class Wrong(Exception):
    """Raised by a check. The text says why the answer is wrong, in one or two lines, and never gives it away."""


class TimeUp(BaseException):
    """Raised inside code that has run for too long; `except Exception` does not catch it. The text is the limit."""


@contextlib.contextmanager
def theirs(what="your answer", *, slow=False):
    """Run the block, the learner's work, within CALL_SECONDS or SLOW_SECONDS. Raises Wrong, one line, for what it raises.

    Yields a function that returns what the block has printed, on one line, cut.
    """
    try:
        with limited(SLOW_SECONDS if slow else CALL_SECONDS), contextlib.redirect_stdout(_Sink()) as sink:
            yield lambda: " ".join(sink.text.split())
    except Wrong:
        raise
    except TimeUp as limit:
        raise Wrong(f"{what} was stopped after {limit} seconds: does a loop in it ever end?") from None
    except KeyboardInterrupt:
        raise Wrong(f"{what} was interrupted") from None
    except SystemExit:
        raise Wrong(f"{what} calls exit: return the value instead, or raise an error") from None
    except RecursionError:
        raise Wrong(f"{what} calls itself without end (RecursionError)") from None
    except BaseException as error:
        raise Wrong(f"{what} raised {brief(error)}") from None


@contextlib.contextmanager
def limited(seconds):
    """Run the block and raise TimeUp in it after so many seconds. May be nested: the limit that comes first counts.

    In the main thread, where a notebook's cells run, a signal interrupts even what waits. In other threads, and where
    there are no such signals (Windows), only running Python code is interrupted.
    """
    main = threading.current_thread() is threading.main_thread()
    try:
        with (_by_signal if main and hasattr(signal, "setitimer") else _by_thread)(seconds):
            yield
    except (TimeUp, KeyboardInterrupt):
        _drop_connection()
        raise


@contextlib.contextmanager
def _by_signal(seconds):
    inside, fired, tracer = True, 0, sys.gettrace()

    def expired(number, frame):
        nonlocal fired
        if not inside:
            return
        fired += 1
        if fired > 1:  # a bare `except:` took the last one: the next line of that frame, in the except, raises again
            sys.settrace(lambda *_: None)
            frame.f_trace = again
        raise TimeUp(f"{seconds:g}")

    def again(frame, event, _):
        if inside and event == "line":
            raise TimeUp(f"{seconds:g}")
        return again

    started = time.monotonic()
    outer = signal.signal(signal.SIGALRM, expired)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    if left and left < seconds:  # the outer limit comes first
        signal.signal(signal.SIGALRM, outer)
        signal.setitimer(signal.ITIMER_REAL, left, interval)
    try:
        yield
    finally:
        inside = False
        if fired > 1:
            sys.settrace(tracer)
        signal.signal(signal.SIGALRM, outer)
        remaining = max(left - (time.monotonic() - started), _AGAIN) if left else 0
        signal.setitimer(signal.ITIMER_REAL, remaining, interval)


@contextlib.contextmanager
def _by_thread(seconds):
    over = threading.Event()
    running = ctypes.c_ulong(threading.get_ident())

    def watch():
        wait = seconds
        while not over.wait(wait):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(running, ctypes.py_object(TimeUp))
            wait = _AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except TimeUp:  # raised from outside it carries no text
        raise TimeUp(f"{seconds:g}") from None
    finally:
        over.set()
        watcher.join()


@contextlib.contextmanager
def quiet():
    """Swallow what the block prints and logs, Spark's log included, and cancel what Spark still runs for it at its end."""
    sink = _Sink()
    silent = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # of some errors pyspark prints a page of JSON on stderr
    try:
        with _quiet_spark(), contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
            yield
    finally:
        logging.disable(silent)


@contextlib.contextmanager
def _quiet_spark():
    """The same for the JVM of a classic session; a session is not started for it."""
    context = _context()
    if context is None:
        yield
        return
    level = context._jvm.org.apache.logging.log4j.LogManager.getRootLogger().getLevel().toString()
    context.setLogLevel("OFF")
    context.addJobTag(_TAG)
    try:
        yield
    finally:
        context.cancelJobsWithTag(_TAG)  # an endless loop in a UDF, stopped on this side only
        context.removeJobTag(_TAG)
        context.setLogLevel(level)


def _context():
    """The Spark context of a classic session, or None; none is started."""
    pyspark = sys.modules.get("pyspark")
    return pyspark and pyspark.SparkContext._active_spark_context


def _drop_connection():
    """Let this thread's next call to the JVM open a connection of its own.

    A call that was interrupted has left its answer on the old one, where the next call would take it for its own.
    """
    context = _context()
    connections = context and getattr(context._gateway._gateway_client, "thread_connection", None)
    if connections:
        connections.connection = None
        # Behind the new one is a new thread of the JVM, which knows no session: toTable() would not find its table there.
        session = sys.modules["pyspark"].sql.SparkSession._instantiatedSession
        if session is not None:
            session._jvm.SparkSession.setActiveSession(session._jsparkSession)


class _Sink(io.TextIOBase):
    """A file to print into that remembers how it began and is never full."""

    text = ""

    def write(self, text):
        if len(self.text) < 60:
            self.text += str(text)[:60]
        return len(text)
