"""What docs/scaling.md says of more machines: sections of tools/scaling.py, whose base() gives `b`."""

from benchmark_sections import table

HOUR = 3600
TRIGGER = 10
"""Seconds; of the estimates."""
GOAL = 10**6
"""Events a second."""
STORES = 250
"""Of a stream's state, on the cluster of the estimates."""
STREAMS = 8


def sig(value, digits=3):
    """`value` to so many significant digits: 21,851 is 21,900."""
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded >= 10 ** (digits - 1) else rounded


def partitions(results):
    sides, window = results["anatomy"]["sides"], results["microbatch"]["table"]["window"]
    defaults, profile = window["defaults"], window["profile"]
    return f"""## Partitions of the shuffle

Their number is the number of stores that hold a stream's state, and a checkpoint keeps the number it began with: the
setting has no say afterwards. Too few, and cores stand idle for good; too many, and each micro-batch commits stores
with nothing in them. Spark's 200 are {sides["defaults"]["window"]["files"]:,} files where the profile's one leaves
{sides["laptop"]["window"]["files"]}, and {sides["defaults"]["window"]["tasks"]:,} tasks, most of them empty. A
micro-batch of {results["microbatch"]["rows"]} rows takes {defaults} / {profile} = {sig(defaults / profile)} times as
long with the defaults, though not for this setting alone.

The rule: two or three for each core that the cluster may have one day. The cluster profile's 8 are for up to four
cores; for 100 cores write `spark.sql.shuffle.partitions {STORES}` into the file of `SLEIGH_CLUSTER_CONF` *before the
first run on a lake*. To change it later is to begin the stream anew: a new checkpoint and a new table, filled from
the table before it.

Each micro-batch of bronze and silver is written as one file, whatever the partitions: the next stream would otherwise
meet half of it first, and its watermark would run ahead (`as_one`, in the
[backend](../lib/sleigh/runtime/backends/cluster.py)). On the laptop that is one task for everything. On a cluster
only the writing is: parsing and state before it are spread. So one writer bounds what a stream can take, and 10^6
events a second need another answer (below)."""


def state(b):
    rows = []
    for rate in (1000, GOAL // 10, GOAL):
        total = rate * HOUR * b.each / 1e9
        rows.append(
            [f"{rate:,}", f"{sig(rate * HOUR / 1e6, 4):,} million", *(_gigabytes(total / n) for n in (1, 10, 100))]
        )
    return f"""## State to an executor

Silver remembers the ids of an hour. The run of {b.big["events"]:,} needs {b.big["peak_pss_mb"]:,} -
{b.small["peak_pss_mb"]:,} = {b.memory:,} MB more than that of {b.small["events"]:,}, which is {b.memory:,} x 2^20 /
{b.more:,} = **{b.each:,}** bytes an event: an upper bound for an id in the store on the heap, since rows on their way
through are in it as well. On n executors an id is in one store only, so each has 1/n of them:

{table(["events a second", "ids of an hour", f"{b.each:,} bytes each", "on 10 executors", "on 100"], rows)}

That is why a cluster has RocksDB: the ids are on the executors' disks, 500 MB of memory are for all stores of an
executor together, and a commit writes what has changed. When an executor dies, another reads its stores from the
checkpoint: the more stores, the smaller each, and the sooner it is done.

The gold tables' state is small: a row for each window and key that is open, whatever the rate."""


def _gigabytes(value):
    return f"{sig(value, 2):,} GB" if value >= 1 else f"{sig(value * 1000, 2):,} MB"


def triggers(b):
    rows = GOAL * TRIGGER
    return f"""## Triggers

`sleigh run` takes all there is and ends (`availableNow`). A stream that stays waits for its trigger, and a
micro-batch has a fixed price: {b.small["wall_s"]} s less its events, {b.small["events"]:,} / {b.rate:,} = {b.own} s,
are {b.small["wall_s"]} - {b.own} = {round(b.small["wall_s"] - b.own, 1)} s for the session, the landing, the ledger
and all micro-batches of eight streams. A trigger shorter than a micro-batch does not make it sooner. A trigger of T
seconds at r events a second makes micro-batches of r T rows: at 10^6 events a second and {TRIGGER} s these are
{rows:,}, of which a core does {b.silver_core:,} a second in silver. To be done within the {TRIGGER} s silver needs
{rows:,} / {b.silver_core:,} / {TRIGGER} = **{sig(rows / b.silver_core / TRIGGER, 2)}** cores, and twice that to catch
up after a pause."""


def checkpoints():
    files = STREAMS * STORES // TRIGGER
    return f"""## Where checkpoints are kept

Each micro-batch writes its plan, its end and the changes of each store: with p stores, and a trigger of T seconds,
some p / T files a second and stream. Eight streams of {STORES} stores, at {TRIGGER} s: {STREAMS} x {STORES} /
{TRIGGER} = {files} files a second. A shared file system takes that; an object store takes it too, and bills each
({files} x 86,400 = {files * 86_400:,} a day). What it must have: a file appears whole or not at all, and a second one
of the same name is refused. Spark's file manager renames; for stores without a rename there are
[others](https://spark.apache.org/docs/latest/cloud-integration.html). Never on the disk of a worker: its death takes
the state along."""


def goal(b):
    rows = GOAL * TRIGGER
    return f"""## At 10^6 events a second

The base is {b.core:,} events a second and core, from one end to the other, so 1,000,000 / {b.core:,} =
**{sig(GOAL / b.core, 2)}** cores if twice the cores did twice the work; they do not, so a plan has half as many
again, or twice. And this changes:

- **The landing.** One producer is no longer the way: a log with partitions (Kafka, Kinesis) in its place, read by as
  many tasks. Its partitions, not the order of commits, then say what comes before what, and the hour of silver's
  watermark has to cover how far they drift apart.
- **One file a micro-batch.** {rows:,} rows in one file are written by one core: at silver's {b.silver_core:,} rows a
  second, all work included, {rows:,} / {b.silver_core:,} = {sig(rows / b.silver_core)} s, for a trigger of {TRIGGER}.
  So bronze and silver must write as many files as there are cores, and a stream that follows take a whole commit as
  its micro-batch, not a number of files. [Delta's source](https://docs.delta.io/latest/delta-streaming.html) has
  limits by files and bytes, none by commits: either a limit that no commit reaches, or one stream that makes silver
  and gold of a micro-batch.
- **The ids.** {_gigabytes(GOAL * HOUR * b.each / 1e9)} by the bound above. Fewer bytes for an id (a hash of 16 for a
  text), an hour cut to what a radio really repeats, or duplicates kept out by the landing's own numbers.
- **Gold's MERGE**, in live mode, rewrites the files with a changed row: partition by the hour, or keep to append.
- **Small files.** At a commit each {TRIGGER} s a table has 86,400 / {TRIGGER} = {86_400 // TRIGGER:,} a day:
  compaction becomes a job of its own (lesson 11), the log's checkpoints too.
- **The ledger.** DuckDB on one machine had {b.big["events"]:,} events to add up; at 10^6 a second that is
  {b.big["events"]:,} / 1,000,000 = {b.big["events"] / GOAL:.1f} seconds of the night. It becomes a job on the
  cluster, hour by hour, or a sample by id. What stays is its rule: the auditor is not the engine that is audited."""
