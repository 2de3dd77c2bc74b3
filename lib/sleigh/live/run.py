"""A live run: start it, bring back what has died, stop it with the ledger."""

import contextlib
import logging
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

from .. import extensions, landing, ledger, runtime
from ..errors import SleighError, one_line
from ..landing import producer
from ..pipeline import checkpoints, streams
from ..pipeline.gold import GOLD
from ..pipeline.stages import STAGES
from ..simulator.faults import parse_faults
from ..tables import BRONZE, LANDING, QUARANTINE, SILVER
from . import process

TRIGGERS = {
    BRONZE.name: 0.3,
    SILVER.name: 0.2,
    QUARANTINE.name: 7,
    **{table: 10 + number for number, table in enumerate(GOLD)},
}
"""Table -> seconds between two looks at its source. A look that finds nothing costs milliseconds, a micro-batch half a
second of a core, so the streams that everyone waits for look often, and those of gold gather a few commits of silver.
Spark starts a micro-batch at multiples of its interval; equal ones would all start at the same moment."""

FILES_PER_BATCH = 20
"""At most so many files to a micro-batch when a stream has something to catch up."""

SETTINGS = {
    "spark.sql.streaming.noDataMicroBatches.enabled": (
        "false",
        "when the watermark has moved Spark runs an empty micro-batch, to forget old state and emit what is final. In "
        "update mode there is nothing to emit and the next one forgets as well: every second micro-batch for nothing",
    ),
}
"""Settings of the streams in live mode, each with its reason."""


@dataclass
class Live:
    """What runs: `queries` is {table: StreamingQuery}, `producer` the process that lands the night in `lake`."""

    spark: object
    lake: Path
    sink: str
    night: dict  # rate, speed, seed, faults
    until: int | None = None  # second of the night at which the producer ends; None: with the night
    producer: object = None  # a subprocess.Popen
    queries: dict = field(default_factory=dict)
    complaints: object = None  # what the producer wrote on stderr, a file
    refused: dict = field(default_factory=dict)  # table -> why its part did not start again, one line
    also: tuple = ()  # the extensions that run, names
    beside: object = field(default_factory=contextlib.ExitStack)  # what they run beside the streams, until it is closed
    claimed: bool = True  # by this run, which lets go of it; else by who called it, a lesson's prepare()
    behind: tuple = ()  # tables whose stream had no time, when it was stopped, to take all that there was

    @property
    def stages(self):
        """The stages that run, those of the pipeline first: {name: [Stream, ...]}."""
        return STAGES | extensions.stages(self.also)

    @property
    def streams(self):
        """{table: Stream} of all of them."""
        return {stream.target.name: stream for stage in self.stages.values() for stream in stage}


def check(*, minutes=None, sink="delta-rs", also=(), **night):
    """Raise SleighError, one line, for arguments that start() would not take. Starts no Spark."""
    if runtime.backend().spark_commits_all:
        raise SleighError("live mode lands the night by delta-rs, and Spark commits all here: use sleigh run")
    streams.require_sink(sink)
    extensions.load(also)
    if minutes is not None and not 0 < minutes < math.inf:
        raise SleighError(f"minutes must be a number above 0, not {minutes!r}")
    producer.check(**night)


def start(
    lake,
    *,
    rate=600,
    speed=1,
    minutes=None,
    seed=24,
    faults="default",
    sink="delta-rs",
    start_minute=None,
    also=(),
):
    """Start the producer and the eight streams on the lake at folder `lake`, and return them as a Live.

    also: the extensions to run beside them, names. speed: seconds of the night to a second of real time. minutes: of real
    time, after which the producer ends (None: with the night). start_minute: where a fresh lake begins; one that has
    something goes on where it stopped.
    Raises SleighError for arguments outside the night, if the lake holds another night, or gold in final mode, or if
    another process runs its streams.
    """
    night = {"rate": rate, "speed": speed, "seed": seed, "faults": faults}
    check(minutes=minutes, sink=sink, start_minute=start_minute, also=also, **night)
    with contextlib.ExitStack() as undone:  # by an error on the way
        claimed = runtime.claim(lake)
        if claimed:
            undone.callback(runtime.release, lake)
        spark = runtime.session(lake, long=True)
        # A failed sink is told by status(), in one line.
        logging.getLogger("py4j.clientserver").setLevel(logging.CRITICAL)
        landing.require_night(runtime.lake(), seed=seed, rate=rate, faults=parse_faults(faults))
        for table in GOLD:
            checkpoints.require_mode(table, "live")
        live = Live(spark, runtime.lake(), sink, night, also=tuple(also), claimed=claimed)
        undone.callback(_stop_parts, live)
        landing.begin(live.lake, (start_minute or 0) * 60)
        if minutes is not None:
            live.until = landing.landed_seconds(live.lake) + math.ceil(minutes * 60 * speed)
        for table in (LANDING, *[landing.FEEDS[feed].table for feed in extensions.feeds(also)]):
            runtime.create_table(spark, table.name)
        extensions.prepare(spark, also)
        undone.push(live.beside)
        live.beside.enter_context(extensions.beside(also, live.lake))
        process.start(live)
        for table in live.streams:
            live.queries[table] = _start_stream(live, table)
        undone.pop_all()
    return live


def restart(live, table):
    """Start the stream that writes `table` again from its checkpoint, or for the landing table the producer.

    Raises SleighError for another table, if the run's lake is not the open one, or as streams.start does; status() says
    so too, until it has started.
    """
    if table not in (LANDING.name, *live.queries):
        raise SleighError(f"no stream writes {table!r}; there are {', '.join([LANDING.name, *live.queries])}")
    _require_open(live)
    _start_again(live, table)


def stop(live, seconds=120):
    """Stop the producer, let each stream take what has landed, `seconds` at most for all, and stop. Returns the Ledger.

    A stream that has failed is given this one more try; status(live) says how it ended. `live.behind` names the tables
    whose stream had no time to take all. Raises SleighError, with producer and streams stopped, if the run's lake is not
    the open one.
    """
    _stop_parts(live)
    _require_open(live)
    until, live.behind = time.monotonic() + seconds, ()
    try:
        with live.beside:
            extensions.catch_up(live.also, live.lake)
            for stage in live.stages.values():
                _finish(live, [stream.target.name for stream in stage], until)
        return extensions.audit(live.spark, live.also, ledger.reconcile(live.spark))
    finally:
        if live.claimed:
            runtime.release(live.lake)


def _finish(live, tables, until):
    """Let the streams of `tables` take what there is, until `until` at most, and stop them."""
    for table in tables:
        with contextlib.suppress(Exception):  # status has it, here and below
            _start_again(live, table, trigger="available")
    for table in tables:
        with contextlib.suppress(Exception):
            if not live.queries[table].awaitTermination(max(0.1, until - time.monotonic())):
                live.behind += (table,)
        streams.stop(live.queries[table])


def has_ended(live):
    """Whether there is nothing to wait for any more: the producer has landed its last message, or Spark's JVM has ended."""
    return live.producer.poll() == 0 or not runtime.is_running()


def _require_open(live):
    # Tables are called by name, and a name is a table of the lake that is open.
    if runtime.lake() != live.lake:
        raise SleighError(f"another lake is open: runtime.session({str(live.lake)!r}) opens that of this run again")


def _start_again(live, table, trigger=None):
    live.refused.pop(table, None)
    try:
        if table != LANDING.name:
            streams.stop(live.queries[table])
            live.queries[table] = _start_stream(live, table, trigger)
        elif live.until is None or landing.landed_seconds(live.lake) < live.until:
            process.stop(live)
            process.start(live)
    except Exception as error:  # its source is gone, say
        live.refused[table] = f"it did not start again: {one_line(error)}"
        raise


def _stop_parts(live):
    process.stop(live)
    streams.stop(*live.queries.values())


def _start_stream(live, table, trigger=None):
    how = {"mode": "live", "sink": live.sink, "trigger": trigger or _triggers(live)[table]}
    with streams.settings(live.spark, SETTINGS):
        return live.streams[table].start(live.spark, files_per_batch=FILES_PER_BATCH, **how)


def _triggers(live):
    theirs = [door.TRIGGERS for door in extensions.load(live.also).values()]
    return {table: seconds for triggers in [TRIGGERS, *theirs] for table, seconds in triggers.items()}
