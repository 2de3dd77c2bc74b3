"""The command line: sleigh setup | doctor | run | live | inspect | progress."""

import argparse
import contextlib
import json
import logging
import math
import os
import re
import signal
import sys
import time
import traceback
from pathlib import Path

from . import extensions
from .ending import leave
from .errors import DISK_FULL, FREE_SOME, SleighError, one_line
from .paths import ROOT
from .visible import visible


def main(argv=None):
    """Run one command. Returns its exit code; as a command of its own (`argv` is None) it ends the process with it.

    0: done; 1: the check or the ledger failed, or a stream is broken; 2: wrong arguments or set-up, or something else went
    wrong; 130: Ctrl-C; 141: whoever read what it prints has gone.
    """
    code = _run_command(argv)
    if argv is None:
        leave(code)
    return code


def _run_command(argv):
    # Where py4j tells of a JVM that has died or was interrupted, in 30 lines; we do it in one.
    logging.getLogger().setLevel(logging.CRITICAL)
    try:
        try:
            return _obey(argv)
        finally:
            _flush()
    except BrokenPipeError:  # `| head` has what it wanted
        _give_up_printing()
        return 141
    except OSError as problem:
        _give_up_printing()
        with contextlib.suppress(OSError):
            _say(f"sleigh: what it has to say cannot be written: {problem.strerror}")
        return 2


def _obey(argv):
    arguments = _parser().parse_args(argv)
    try:
        return arguments.command(arguments)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # once more would interrupt the end of Spark, with a traceback
        whole = "" if arguments.command is _setup else "the lake is whole, "
        _say(f"sleigh: stopped; {whole}run the same command to go on")
        return 130
    except BrokenPipeError:
        raise
    except SleighError as problem:
        _say(f"sleigh: {problem}")
    except Exception as problem:  # Spark's have up to 200 lines
        _say(f"sleigh: {_what(problem)}{_kept(problem)}")
    return 2


def _what(problem):
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.strerror}: {problem.filename}" if problem.filename else problem.strerror
    if re.search(DISK_FULL, str(problem)):
        return FREE_SOME
    said = f"{type(problem).__name__}: {one_line(problem)}"
    if type(problem).__name__ == "DeltaProtocolError":  # deletion vectors, say, which somebody has switched on
        said += " Take the feature from the table: ALTER TABLE ... DROP FEATURE, or use another --lake."
    return said


def _kept(problem):
    """Where the whole of it is to be read, if that can be written."""
    log = ROOT / "build" / "sleigh.log"
    try:
        log.parent.mkdir(exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exception(problem, file=file)
    except OSError:
        return ""
    return f" (all of it is in {log})"


def _flush():
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by the caller: `>&-`
            stream.flush()


def _give_up_printing():
    """What is still in the buffers has nowhere to go, and Python would complain of that at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())


class _OneLine(argparse.ArgumentParser):
    def error(self, message):
        words = " ".join(["python -m", *self.prog.split()])
        self.exit(2, f"sleigh: {message}; `{words} --help` lists what there is\n")


def _parser():
    parser = _OneLine(
        prog="sleigh", description="Santa's Lakehouse: a night of deliveries through Spark and Delta Lake."
    )
    commands = parser.add_subparsers(
        required=True, metavar="setup | doctor | run | live | inspect | progress", parser_class=_OneLine
    )

    command = commands.add_parser("setup", help="fetch the Delta jars and make the class archive (once)")
    command.set_defaults(command=_setup)

    command = commands.add_parser(
        "doctor", help="check Java, Python, packages, jars, memory, disk and a Delta round trip"
    )
    command.add_argument("--lake", type=_folder, help="folder that the lake will be in (default build/lake)")
    command.set_defaults(command=_doctor)

    command = commands.add_parser("run", help="generate, land and stream minutes of the night; ends with the ledger")
    command.add_argument("--minutes", type=int, default=60, help="how much of the night (default 60)")
    command.add_argument("--start-minute", type=int, default=0, help="where to start; 60 continues a lake that has 60")
    _of_both(command, lake="build/lake", sink="spark")
    command.add_argument(
        "--mode", choices=("final", "live"), default="final", help="gold by append or by update and MERGE"
    )
    command.add_argument("--batch-seconds", type=int, default=300, help="seconds of the night to a landing commit")
    command.set_defaults(command=_run)

    command = commands.add_parser(
        "live", help="the night as it happens, with the dashboard; Ctrl-C ends with the ledger"
    )
    command.add_argument("--minutes", type=float, help="real minutes until it ends by itself (default: with the night)")
    command.add_argument(
        "--start-minute", type=int, help="minute of the night that a fresh lake begins with (default 0)"
    )
    command.add_argument("--speed", type=float, default=1, help="60 plays an hour of the night in a minute (default 1)")
    _of_both(command, lake="build/live", sink="delta-rs")
    command.add_argument("--port", type=int, default=8866, help="first port to try for the dashboard (default 8866)")
    command.add_argument("--theme", choices=("light", "dark"), default="light", help="of the dashboard (default light)")
    command.add_argument("--no-dashboard", action="store_true", help="only the streams, with a status line on stderr")
    command.set_defaults(command=_live)

    command = commands.add_parser(
        "inspect",
        help="what each stream of a lake would do if it started again, and which checkpoint is broken; starts no Spark",
        description="For each stream: the last micro-batch that was planned (offset) and that has ended (commit), its "
        "watermark, the rows of its state, files and rows that wait for it, what a restart would do, and what is broken, "
        "with the way out. Only reads, also while the streams run. Exit code 1 if a stream is broken.",
    )
    command.add_argument(
        "lake", type=_folder, nargs="?", default="build/lake", help="folder of the tables (default build/lake)"
    )
    command.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    command.set_defaults(command=_inspect)

    command = commands.add_parser(
        "progress", help="which exercises of the course are solved, on this machine or in a room"
    )
    command.add_argument(
        "--class",
        dest="room",
        type=_folder,
        metavar="DIR",
        help="of copied notebooks, DIR/LEARNER/*.ipynb or DIR/LEARNER-NN.ipynb; only their outputs are read",
    )
    command.add_argument("--csv", type=_folder, metavar="FILE", help="with --class: write the table into FILE, too")
    command.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    command.set_defaults(command=_progress)
    return parser


def _of_both(command, *, lake, sink):
    command.add_argument("--rate", type=int, default=600, help="messages a minute of event time (default 600)")
    command.add_argument("--seed", type=int, default=24, help="same seed, same night (default 24)")
    command.add_argument("--faults", default="default", help="default, none, or rates such as broken=0.05,late=0")
    command.add_argument("--lake", type=_folder, default=lake, help=f"folder of the tables (default {lake})")
    command.add_argument("--sink", choices=("spark", "delta-rs"), default=sink, help=f"who commits (default {sink})")
    command.add_argument(
        "--with",
        dest="also",
        type=_names,
        default=(),
        metavar="NAMES",
        help=f"extensions to run as well, with commas between: {', '.join(extensions.NAMES)}",
    )
    command.add_argument("--json", action="store_true", help="one JSON object as the last line of stdout")


def _folder(name):
    # Nothing would be the current folder, for a script whose variable is not set.
    if not name.strip():
        raise argparse.ArgumentTypeError("it names no folder")
    return name


def _names(text):
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _setup(_):
    from .runtime import install

    install.setup()
    return 0


def _doctor(arguments):
    from .runtime.doctor import doctor

    return 0 if doctor(arguments.lake) else 1


def _inspect(arguments):
    from .pipeline import inspect

    found = inspect.streams(arguments.lake, also=extensions.begun(arguments.lake))
    lines = [json.dumps({"streams": found})] if arguments.json else inspect.table(found)
    print("\n".join(lines if arguments.json else map(visible, lines)))
    return 1 if any(entry["broken"] for entry in found) else 0


def _progress(arguments):
    from .lessons import progress

    if arguments.csv and not arguments.room:
        raise SleighError("--csv writes the table of a room: name its folder with --class DIR")
    if arguments.room:
        learners, problems = progress.room(Path(arguments.room))
        found = progress.room_rows(learners)
        lines = progress.room_table(found)
        if arguments.csv:
            progress.write_csv(found, Path(arguments.csv))
    else:
        solved, problems = progress.solved()
        found = progress.by_lesson(solved)
        lines = progress.table(found)
    for problem in problems:
        _say(f"sleigh: {problem}")
    print(json.dumps({"learners" if arguments.room else "lessons": found}) if arguments.json else "\n".join(lines))
    return 0


def _live(arguments):
    from . import live, runtime
    from .live import watch
    from .serve import server

    names = ("rate", "speed", "minutes", "seed", "faults", "sink", "start_minute", "also")
    night = {name: getattr(arguments, name) for name in names}
    live.check(**night)
    if not arguments.no_dashboard:
        server.free_port(arguments.port)
    with _step("starting the streams (about 15 s)"):
        running = live.start(arguments.lake, **night)
    begun = time.monotonic()
    told = []  # from here on Ctrl-C is no exception: Spark's own handler of it would cancel what the streams are doing
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.append(True))
    with contextlib.ExitStack() as opened:
        opened.callback(watch.Watch(running).close)
        if not arguments.no_dashboard:
            _open_page(opened, running, arguments, told)
        _watch(live, running, told, arguments.minutes)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # once more, and it ends at once
    if not runtime.is_running():
        raise SleighError(
            "Spark has ended (build/spark.log may say why); the lake is whole, run the same command to go on"
        )
    _say("stopping: the streams take what has landed ...")
    result = live.stop(running)
    for part in live.status(running):
        if part["error"]:
            _say(f"sleigh: {part['table']} failed: {part['error']}")
    if running.behind:
        _say(f"sleigh: no time to finish {', '.join(running.behind)}: run the same command to go on")
    print(result)
    return _verdict(result, arguments.json, minutes=round((time.monotonic() - begun) / 60, 2))


def _open_page(opened, running, arguments, told):
    """Serve the dashboard until `opened` closes, and say where; or say in one line why it cannot be served."""
    from .serve import server

    port, theme = arguments.port, arguments.theme
    try:
        with _step("starting the page (about 5 s)"):
            started = server.start(running.lake, port=port, theme=theme, told=lambda: bool(told))
    except SleighError as problem:  # the night goes on without it
        _say(f"sleigh: {problem}")
        return
    if started is None:
        return
    page, address = started
    opened.callback(server.stop, page)
    if f":{port}/" not in address:
        _say(f"port {port} is in use: taking the next free one")
    print(f"the dashboard: {address}", flush=True)


def _watch(live, running, told, minutes):
    """Say every ten seconds how it goes, until it was told to stop, `minutes` are over or the run has ended by itself."""
    until = time.monotonic() + (minutes * 60 if minutes else math.inf)
    shown = 0
    while not told and time.monotonic() < until and not live.has_ended(running):
        if time.monotonic() >= shown + 10:
            shown = time.monotonic()
            _say(live.line(running))
        time.sleep(0.2)


def _run(arguments):
    begun = time.monotonic()
    _check_night(arguments)
    from . import runtime
    from .pipeline import streams

    streams.require_sink(arguments.sink)
    extensions.load(arguments.also)
    _warn_of_heap(arguments.rate * min(arguments.minutes, 60))
    runtime.claim(arguments.lake)
    _say(_how_long(arguments.rate, arguments.minutes))
    try:
        result, seconds = _run_stages(arguments)
    finally:
        runtime.release(arguments.lake)
    seconds["total"] = round(time.monotonic() - begun, 2)
    print(result)
    print("seconds: " + " · ".join(f"{name} {value:.1f}" for name, value in seconds.items()))
    return _verdict(result, arguments.json, seconds=seconds)


def _run_stages(arguments):
    """(Ledger, {stage: seconds}) of the night from the landing to gold, each stage told of as it begins."""
    with contextlib.ExitStack() as told:

        def begin(name):
            told.close()
            told.enter_context(_step(name))

        return _night(arguments, begin)


def _night(arguments, begin):
    from . import landing, ledger, pipeline, runtime
    from .runtime import profile

    seconds = {}

    @contextlib.contextmanager
    def stage(name):
        begin(name)
        start = time.monotonic()
        yield
        seconds[name] = round(time.monotonic() - start, 2)

    with stage("session"):
        events = arguments.rate * arguments.minutes
        spark = runtime.session(arguments.lake, long=events > profile.QUICK_EVENTS)
    with stage("landing"):
        landing.generate(
            spark,
            minutes=arguments.minutes,
            start_minute=arguments.start_minute,
            rate=arguments.rate,
            seed=arguments.seed,
            faults=arguments.faults,
            every=arguments.batch_seconds,
            feeds=extensions.feeds(arguments.also),
        )
    how = {"mode": arguments.mode, "sink": arguments.sink, "on_stage": begin}
    seconds |= pipeline.run(spark, **how)
    if arguments.also:
        with stage("extensions"):
            extensions.prepare(spark, arguments.also)
        with extensions.beside(arguments.also, runtime.lake()):
            extensions.catch_up(arguments.also, runtime.lake())
            seconds |= pipeline.run(spark, stages=extensions.stages(arguments.also), **how)
    with stage("ledger"):
        return extensions.audit(spark, arguments.also, ledger.reconcile(spark)), seconds


def _how_long(rate, minutes):
    """What a run is going to do; on this machine also how long it takes: a line through what bench/pipeline.py measures."""
    from . import runtime

    events = rate * minutes
    seconds = 25 + events / 20_000
    about = (
        f": about {seconds:.0f} s on two cores" if seconds < 100 else f": about {seconds / 60:.0f} minutes on two cores"
    )
    return f"{minutes} minutes of the night, {events:,} events{about if runtime.backend().own_machine else ''} ..."


def _warn_of_heap(ids):
    from . import runtime
    from .runtime.profile import IDS_IN_HEAP

    # The collector takes over long before Java says that the heap is full: the run just seems to stand still.
    if runtime.backend().own_machine and ids > IDS_IN_HEAP and not os.environ.get("SLEIGH_HEAP"):
        _say(f"sleigh: silver has to remember {ids:,} ids; if it gets slow, start again with SLEIGH_HEAP=4g")


def _verdict(result, as_json, **more):
    if not result.balanced:
        _say("sleigh: the ledger does not balance; the delivery_ids above are unaccounted for")
    if as_json:
        print(json.dumps({**result.as_dict(), **more}))
    return 0 if result.balanced else 1


def _check_night(arguments):
    """Say what is wrong with the arguments before Spark takes ten seconds to start."""
    from .simulator.night import check_arguments

    try:
        check_arguments(arguments.minutes, arguments.start_minute, arguments.rate, arguments.faults, arguments.seed)
        if not 1 <= arguments.batch_seconds <= 3600:
            raise ValueError("batch-seconds must be from 1 to 3600")
    except ValueError as problem:
        raise SleighError(str(problem)) from None


@contextlib.contextmanager
def _step(name):
    """Say what begins, and on a terminal, when it has ended, how long it took."""
    begun, shows = time.monotonic(), sys.stderr is not None and sys.stderr.isatty()
    if sys.stderr is not None:
        print(f"{name} ...", end="" if shows else "\n", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if shows:
            _say(f" {time.monotonic() - begun:.1f} s")


def _say(text):
    if sys.stderr is not None:  # closed by the caller; print would take stdout for it
        print(visible(text), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
