"""docs/scaling.md from bench/results: what was measured, and the estimates that follow, each with its arithmetic.

tools/benchmarks.py writes it. No figure that was measured is written here, and none that follows from one: an
estimate is computed from the figures as the page shows them, so that a reader comes to the same.
"""

import re
import textwrap
from types import SimpleNamespace

from benchmark_sections import balanced, table
from scaling_estimates import checkpoints, goal, partitions, sig, state, triggers

NEEDED = {"pipeline", "microbatch", "anatomy"}
"""Files of bench/results."""


def base(results):
    """The figures that all estimates begin with, as the page shows them."""
    runs = {(run["rate"], run["minutes"]): run for run in results["pipeline"]["runs"]}
    small, big = runs[600, 60], runs[60_000, 60]
    more, longer = big["events"] - small["events"], round(big["wall_s"] - small["wall_s"], 1)
    memory = big["peak_pss_mb"] - small["peak_pss_mb"]
    rate = sig(more / longer)
    return SimpleNamespace(
        small=small,
        big=big,
        more=more,
        longer=longer,
        memory=memory,
        rate=rate,
        core=sig(more / longer / 2),
        silver=sig(big["events"] / big["seconds"]["silver"]),
        silver_core=sig(big["events"] / big["seconds"]["silver"] / 2),
        gold=sig(big["events"] / big["seconds"]["gold"]),
        each=round(memory * 2**20 / more),
        own=round(small["events"] / rate, 1),
    )


def page(results):
    """The text of the page about `results`, as benchmarks.results() gives them; its head alone without NEEDED."""
    if not results.keys() >= NEEDED:
        return HEAD + "\n"
    b = base(results)
    parts = [HEAD, measured(results, b), speed(b), cluster(results.get("cluster")), partitions(results)]
    blocks = "\n\n".join([*parts, state(b), triggers(b), checkpoints(), goal(b)]).split("\n\n")
    return "\n\n".join(map(filled, blocks)) + "\n"


def filled(block):
    """A paragraph, or the points of a list, as lines of even length; sums and links stay whole: "-" would begin a point."""
    if block.startswith(("<!--", "#", "|", " ")):
        return block
    points = re.split(r"\n(?=- )", block)
    return "\n".join(_filled(point, "  " if point.startswith("- ") else "") for point in points)


def _filled(text, indent):
    text = re.sub(r" ([-/x=]) ", "\0\\1\0", " ".join(text.split()))
    text = re.sub(r"\[[^]]*\]\(", lambda link: link[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(text, 125, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def measured(results, b):
    microbatch, anatomy = results["microbatch"], results["anatomy"]
    window, sides = microbatch["table"]["window"], anatomy["sides"]
    rows = []
    for run in (b.small, b.big):
        rows.append([f"{run['events']:,} events through everything, seconds", run["wall_s"]])
        rows += [[f"of these {name}, seconds", run["seconds"][name]] for name in ("bronze", "silver", "gold")]
        rows.append(["memory of all processes then, MB", f"{run['peak_pss_mb']:,}"])
    rows += [
        [f"a window's micro-batch of {microbatch['rows']} rows, Spark's defaults, seconds", window["defaults"]],
        ["the same with the profile", window["profile"]],
        [f"tasks of {anatomy['batches']} such micro-batches, defaults", f"{sides['defaults']['window']['tasks']:,}"],
        ["files that these leave in the checkpoint, defaults", f"{sides['defaults']['window']['files']:,}"],
        ["the same with the profile", f"{sides['laptop']['window']['files']:,}"],
    ]
    return f"""## What was measured

{table(["what", "figure"], rows)}

All of it is on the page of the [benchmarks](benchmarks.md), with the scripts that measure it."""


def speed(b):
    times = sig(b.big["wall_s"] / b.small["wall_s"], 2)
    return f"""## Events a second: the base

{b.big["events"] // b.small["events"]} times the events take {b.big["wall_s"]} / {b.small["wall_s"]} = {times} times
as long, so most of the small run is a fixed price. Between the two runs {b.big["events"]:,} - {b.small["events"]:,} =
{b.more:,} events cost {b.big["wall_s"]} - {b.small["wall_s"]} = {b.longer} s more: {b.more:,} / {b.longer} =
**{b.rate:,}** events a second on two cores, and {b.more:,} / {b.longer} / 2 = **{b.core:,}** a core, from generator
to ledger. Silver and quarantine alone: {b.big["events"]:,} / {b.big["seconds"]["silver"]} = {b.silver:,} events a
second, {b.big["events"]:,} / {b.big["seconds"]["silver"]} / 2 = {b.silver_core:,} a core. Gold, five tables:
{b.big["events"]:,} / {b.big["seconds"]["gold"]} = {b.gold:,} events a second."""


def cluster(results):
    head = "## What a second worker brings, and what its death costs\n\n"
    if results is None:
        return f"{head}Not measured yet: `python bench/cluster.py` does it, with the cluster profile."
    one, two, calm, killed = (results[name] for name in ("one", "two", "undisturbed", "killed"))
    first, second, cores = one["wall_s"], two["wall_s"], results["cores"]
    spent = round(sum(of["driver_cpu_s"] + of["executors_cpu_s"] for of in two["stages"].values()), 1)
    rest = round(2 * second - first, 1)
    if second < first:
        follows = f"""If a run were a part that no worker makes shorter, and one that n workers make n times shorter,
the first would be 2 x {second} - {first} = {rest} s long. More workers than two would end there: at most {first} /
{rest} = {sig(first / rest, 2)} times as fast."""
    else:
        follows = "The second worker has made nothing shorter here: what limits the run is not the executors."
    driver = """The driver is one process whatever the workers: it makes the night and lands it, plans each
micro-batch, commits to eight tables, and adds up the ledger. On a real cluster the night is made elsewhere."""
    cost = round(killed["wall_s"] - calm["wall_s"], 1)
    return f"""{head}With the cluster profile, a standalone master and workers of one core each on one machine of
{cores} cores; every ledger {balanced([one, two, calm, killed])}. {one["events"]:,} events take {first} s on one
worker and {second} s on two: {first} / {second} = {sig(first / second, 2)} times as fast. Two workers and the driver
have spent {spent:,} s of CPU in these seconds, {spent:,} / {second} = {sig(spent / second, 2)} cores of {cores}: that
they share one machine is in these figures.

{follows} {driver}

A killed worker costs {killed["wall_s"]} - {calm["wall_s"]} = {cost} s of the run with {calm["events"]:,} events: half
the cores are gone from then on, the other executor reads the lost stores from the checkpoint, and nothing is lost or
counted twice."""


HEAD = """\
<!-- Written by tools/benchmarks.py from bench/results; do not edit. -->
# Beyond one machine

What changes when the night is larger than a laptop. First what was measured, then what follows from it; an estimate
shows its arithmetic, and none of them has been run. Where nothing else is said, the figures are those of the [laptop
profile](../lib/sleigh/runtime/profile.py) on two cores; the settings for a cluster, each with its reason, are in
[cluster_profile.py](../lib/sleigh/runtime/cluster_profile.py).

## Run it on a cluster

    SLEIGH_MASTER=spark://HOST:7077 sleigh run --lake /shared/lake     # a standalone master
    SLEIGH_MASTER=sc://HOST:15002   sleigh run --lake /shared/lake     # a Spark Connect server that is there
    make cluster                                                       # both on this machine, and one of two workers killed

- The lake is a folder that all machines see under one name. Spark makes every table and every commit; delta-rs only
  reads, for the ledger. `--sink delta-rs` and `sleigh live` are refused in one line.
- The driver is on this machine and must be reachable from the workers. They fetch Delta's jars from it. Python (the
  functions of some extensions) needs this very environment on the workers, under the same path; the pipeline itself
  has no function in Python.
- What else the cluster needs, `spark.authenticate.secret` or `spark.executor.memory`, stands in a file like
  spark-defaults.conf that `SLEIGH_CLUSTER_CONF` names; it wins over the profile. For a Connect server its owner has
  the say; the client must be of the same version, and the server must have Delta.
- One driver at a time runs the streams of a lake: the lock on it is a file's, so the shared folder must have locks.
  An object store has none, and no hard links either: there a catalog has to say who commits, as on Databricks.
- What was run: masters, workers and Connect servers on one machine's loopback, with the pipeline alone. Never run:
  several machines, a network file system, and the extensions (`--with`) on a cluster."""
