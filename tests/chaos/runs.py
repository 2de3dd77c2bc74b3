"""Whole runs of random nights: undisturbed, killed by the command line, live, and with an extension."""

import random
import time
from collections import Counter

import helpers
import run_extensions
import trials
from sleigh import extensions, ledger, runtime
from sleigh.pipeline import streams


def night(folder, seed):
    """A random night through final and live mode, in this process."""
    case = trials.random_night(runtime.session(), folder, seed)
    return {"messages": case["minutes"] * case["rate"], "kills": {}}


def kill(folder, seed):
    """A random night by the command line, killed one to four times, wherever it is: as if undisturbed, or better."""
    draw = random.Random(seed)
    arguments = trials.draw_night(draw)
    stages = draw.choices(list(trials.KILLS), k=draw.randint(1, 4))
    died = trials.killed(arguments, folder, stages, seed)
    spark = runtime.session(folder)
    balance = ledger.reconcile(spark)
    assert balance.balanced, f"{arguments}, killed in {died}\n{balance}"
    undisturbed = helpers.fill(spark, folder.with_name("undisturbed"), **arguments)
    trials.assert_kills_cost_nothing(spark, undisturbed, folder)
    hit = Counter({"gold": "append"}.get(stage, stage) for stage in died if stage)
    return {"messages": balance.generated, "kills": dict(hit)}


def live(folder, seed):
    """A live run, killed with all its processes one to three times."""
    kills = random.Random(seed).randint(1, 3)
    return {"messages": trials.killed_live(folder, kills, seed), "kills": {"live": kills}}


def extension(folder, seed):
    """The streams of one extension, by either sink, killed at any moment, and run again: its line of the ledger balances."""
    draw, spark = random.Random(seed), runtime.session()
    name, sinks = draw.choice(extensions.NAMES), [draw.choice(streams.SINKS) for _ in range(2)]
    night = trials.draw_night(draw)
    trials.feed_extensions(spark, folder, night)
    extensions.prepare(spark, [name])
    died = trials.extensions_killed([name], folder, sinks[0], lambda: time.sleep(draw.uniform(0, 6)))
    runtime.open_lake(spark, folder)  # once more: the other process has made tables in it
    run_extensions.run(spark, [name], sink=sinks[1])
    (audit,) = extensions.audit(spark, [name], ledger.Ledger()).extensions
    assert audit.balanced, f"{name} by {sinks}, {night}: {audit.wrong[:5]}"
    return {"messages": night["minutes"] * night["rate"], "kills": {"extension": 1} if died else {}}
