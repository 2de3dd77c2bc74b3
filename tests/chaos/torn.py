"""Files that a power cut has left half written: either nothing is lost, or one line says which file and what to do.

A kill leaves files whole; a machine that loses its power can leave the newest of them empty or cut off, renamed or not.
"""

import contextlib
import io
import random
import re
import shutil

import helpers
from sleigh import runtime
from sleigh.__main__ import main
from sleigh.pipeline.gold import GOLD
from sleigh.pipeline.stages import STREAMS
from sleigh.tables import BRONZE, BY_REGION, LANDING, SILVER

REGION = BY_REGION.name
NIGHT = {"minutes": 6, "rate": 60, "seed": 5, "faults": "broken=0.1,duplicates=0.1,late=0", "every": 60}
MORE = NIGHT | {"start_minute": 6, "minutes": 10}


def newest(folder, pattern="*"):
    """The file in `folder` with the greatest number."""
    return max((path for path in folder.glob(pattern) if path.stem.isdigit()), key=lambda path: int(path.stem))


def log(table):
    return lambda lake: newest(lake / table / "_delta_log", "*.json")


def older(table):
    return lambda lake: log(table)(lake).with_name(f"{int(log(table)(lake).stem) - 1:020}.json")


def checkpoint(table, part):
    return lambda lake: newest(lake / "_checkpoints" / table / part)


def last_checkpoint(table):
    """Delta's own checkpoint of the log, made for this, and the note that names it."""

    def made(lake):
        from deltalake import DeltaTable

        DeltaTable(str(lake / table)).create_checkpoint()
        return lake / table / "_delta_log" / "_last_checkpoint"

    return made


def log_checkpoint(table):
    return lambda lake: next(last_checkpoint(table)(lake).parent.glob("*.checkpoint.parquet"))


def state(table):
    return lambda lake: newest(lake / "_checkpoints" / table / "state" / "0" / "0", "*.delta")


PLACES = {
    **{f"the newest commit of {name}": log(name) for name in (LANDING.name, BRONZE.name, SILVER.name, REGION)},
    **{f"an older commit of {name}": older(name) for name in (LANDING.name, BRONZE.name, SILVER.name, REGION)},
    **{f"the newest offsets of {name}": checkpoint(name, "offsets") for name in (BRONZE.name, SILVER.name, REGION)},
    **{f"the newest commits of {name}": checkpoint(name, "commits") for name in (BRONZE.name, SILVER.name, REGION)},
    **{f"_last_checkpoint of {name}": last_checkpoint(name) for name in (LANDING.name, BRONZE.name, REGION)},
    **{f"the log's checkpoint of {name}": log_checkpoint(name) for name in (LANDING.name, SILVER.name)},
    "the metadata of silver's checkpoint": lambda lake: lake / "_checkpoints" / SILVER.name / "metadata",
    **{f"the state of {name}": state(name) for name in (SILVER.name, REGION)},
    "the note of gold's mode": lambda lake: lake / "_checkpoints" / REGION / "sleigh-mode",
    "the night's card": lambda lake: lake / runtime.TRUTH / "night.json",
    "the truth": lambda lake: next((lake / runtime.TRUTH).glob("*.parquet")),
}
"""What is torn -> the path of it in a lake."""

CUTS = {"empty": lambda data: b"", "cut": lambda data: data[: len(data) // 2], "zeros": lambda data: bytes(len(data))}
"""How -> what is left of its bytes. Zeros: the length had reached the disk, and the data had not."""


def trial(folder, seed):
    """A file of a lake is torn; the run that goes on ends right, or names what to do, and with that done it ends right."""
    draw = random.Random(seed)
    spark = runtime.session()
    expected = undisturbed(spark, folder)
    cases = [(place, cut) for place in PLACES for cut in CUTS]
    for place, cut in draw.sample(cases, 3):
        torn(spark, folder, place, cut, expected, draw.choice([bring_back, fill_anew]))
    return {"messages": 3 * sum(expected[LANDING.name].values()), "kills": {}}


def undisturbed(spark, folder):
    """Make the lake that is torn, as `begun` beside `folder`. Returns the tables of one that goes on whole."""
    begun, whole = folder.with_name("begun"), folder.with_name("whole")
    helpers.fill(spark, begun, **NIGHT)
    shutil.copytree(begun, whole)
    code, said = run(whole)
    assert code == 0, said
    return helpers.tables(spark, helpers.PIPELINE)


def bring_back(lake, file, data):
    """One way out: the file as it was, from a copy."""
    file.write_bytes(data)


def fill_anew(lake, file, data):
    """The other: its table and those that are made from it go, each with its checkpoint; without a stream there is none."""
    parts = file.relative_to(lake).parts
    table = parts[1] if parts[0] == runtime.CHECKPOINTS else parts[0]
    if table not in STREAMS:
        return bring_back(lake, file, data)
    names = list(STREAMS)
    for name in [table] if table in GOLD else names[names.index(table) :]:
        shutil.rmtree(lake / name)
        shutil.rmtree(lake / runtime.CHECKPOINTS / name)


def torn(spark, folder, place, cut, expected, way_out=bring_back):
    """Tear one file of a copy of the lake. Returns what the run said of it, "" if it ended right by itself."""
    case = f"{place}, {cut}"
    lake = folder.with_name(re.sub(r"\W+", "-", case))
    shutil.copytree(folder.with_name("begun"), lake)
    file = PLACES[place](lake)
    data = file.read_bytes()
    file.write_bytes(CUTS[cut](data))
    code, said = run(lake)
    told = [line for line in said.splitlines() if line.startswith("sleigh: ")]
    if code == 0:
        assert_right(spark, expected, f"{case}: called right")
    else:
        assert len(told) == 1 and "Traceback" not in said, f"{case}: {code}\n{said}"
        way_out(lake, file, data)
        code, said = run(lake)
        assert code == 0, f"{case}, {way_out.__name__}: {code}\n{said}"
        assert_right(spark, expected, f"{case}, {way_out.__name__}")
    shutil.rmtree(lake)
    return told[0] if told else ""


def run(lake):
    """Go on with the night by the command line, in this process. Returns its exit code and all that it said."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(helpers.arguments(MORE, lake))
    return code, said.getvalue()


def assert_right(spark, expected, case):
    """Every table has the rows of the undisturbed lake: the ledger alone is not believed."""
    found = helpers.tables(spark, helpers.PIPELINE)
    for table, rows in expected.items():
        extra, missing = found[table] - rows, rows - found[table]
        assert not extra and not missing, f"{case}: {table}: {extra.total()} rows too many, {missing.total()} missing"
