"""The lake of the exam: what is in it, how its two missing tables are built by a learner's functions, and the ledger.

The streams are the pipeline's own, with its checkpoints and its exactly-once; what they compute is the learner's.
"""

import shutil

from ... import ledger, pipeline, runtime
from ...pipeline import silver
from ...pipeline.stages import STAGES, Stream
from ...tables import BRONZE, SILVER, TOP_CITIES, WALL_CLOCK
from ..attempt import Wrong, theirs
from ..compare import same_table
from ..exercises import not_attempted
from ..frames import rows
from . import night

MISSING = (SILVER, TOP_CITIES)
_SOURCES = {SILVER.name: BRONZE, TOP_CITIES.name: SILVER}


def fill(spark):
    """Stream what has landed into bronze and quarantine, FILES commits to a micro-batch."""
    _, quarantine = STAGES["silver"]
    stages = {"bronze": STAGES["bronze"], "quarantine": [quarantine]}
    pipeline.run(spark, stages=stages, files_per_batch=night.FILES, sink=_sink())


def build(spark, table, compute):
    """Build `table`, one of MISSING, anew by the stream that compute(stream) makes, and say on one line what came of it.

    With silver the four gold tables that are not missing are built, too, by the library.
    """
    if not_attempted(compute):
        print(f"{table.name}: not attempted yet")
        return
    made = [*STAGES["gold"]] if table == SILVER else []
    for name in [table.name, *(stream.target.name for stream in made)]:
        _remove(spark, name)
    try:
        with theirs("your stream", slow=True):
            pipeline.run(spark, stages={"yours": [Stream(_SOURCES[table.name], compute, table)]})
        count = runtime.read(spark, table.name).num_rows
    except Wrong as why:
        print(f"{table.name}: {why}")
        _remove(spark, table.name)
        return
    print(f"{table.name}: {count:,} rows")
    if made:
        others = [stream for stream in made if stream.target not in MISSING]
        pipeline.run(spark, stages={"gold": others}, sink=_sink())
        print(f"and the library's {len(others)} other gold tables from it")


def balanced(spark):
    """Print the ledger, with a line for the missing tables, and return whether it balances: both are there, and right."""
    lacking = [stream.target.name for stage in STAGES.values() for stream in stage]
    lacking = [name for name in lacking if not runtime.has_table(spark, name)]
    if lacking:
        print(f"not balanced: there is no {', no '.join(name for name in lacking)}")
        return False
    found = ledger.reconcile(spark)
    wrong = tuple(f"{name}: not the rows of this night" for name, same in right(spark).items() if not same)
    line = "built, and right" if not wrong else "built"
    found.extensions.append(ledger.Audit("the missing tables", line, {}, wrong))
    print(found)
    return found.balanced


def right(spark):
    """{table: whether it has the rows that it should have}"""
    names = [name for name in SILVER.columns.names if name not in WALL_CLOCK]
    expected = rows(*names)(silver.clean_batch(spark.table(BRONZE.name)))
    return {
        table.name: _has(spark, table, wanted)
        for table, wanted in zip(MISSING, (expected, night.top_cities()), strict=True)
    }


def _has(spark, table, expected):
    try:
        found = rows(*expected[0])(runtime.read(spark, table.name))
        same_table(found, expected, by=table.key, close=0.002)
    except Wrong:
        return False
    return True


def _sink():
    return "delta-rs" if "delta-rs" in runtime.backend().sinks else "spark"


def _remove(spark, name):
    """Table and checkpoint, so that it can be built anew."""
    spark.sql(f"DROP TABLE IF EXISTS {name}")
    if runtime.backend().has_files:
        shutil.rmtree(runtime.lake() / name, ignore_errors=True)
    shutil.rmtree(runtime.checkpoint(name), ignore_errors=True)
