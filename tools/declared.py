"""`make declared`: the declared pipeline, run by `spark-pipelines`, makes the same tables as the streams.

    python tools/declared.py        exit code 1 if a table differs

It lands 40 minutes of the night, no message of it late, and runs databricks/pipeline on them by the command
`spark-pipelines run`, once after 20 minutes and once after 40; then the streams. A line for each table says how many rows
the two have, and whether they are the same rows. Forty minutes, because a window of ten is in the table only when the
watermark has passed its end; none late, because which of the late ones are dropped depends on how a night is cut into
micro-batches (lesson 09), and a declared pipeline cuts it otherwise. All in build/declared, afresh each time.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "lib"))
from sleigh import landing, pipeline, runtime  # noqa: E402
from sleigh.errors import SleighError  # noqa: E402
from sleigh.pipeline import gold, sinks  # noqa: E402
from sleigh.pipeline.declared import definitions, updates  # noqa: E402
from sleigh.runtime import environment, remote  # noqa: E402
from sleigh.tables import LANDING, OVERALL_PROGRESS, WALL_CLOCK  # noqa: E402

SPEC = ROOT / "databricks" / "pipeline" / "spark-pipeline.yml"
FOLDER = ROOT / "build" / "declared"
SCHEMA = "declared"
MINUTES = (20, 40)
"""How much of the night has landed at each update."""

NIGHT = {"rate": 60, "seed": 24, "faults": "broken=0.05,duplicates=0.05,late=0", "every": 600}


def main():
    """Run it. Returns the exit code."""
    lake, tables = FOLDER / "lake", FOLDER / "tables"
    runtime.remove_lake(lake)
    shutil.rmtree(FOLDER, ignore_errors=True)
    spark = runtime.session(lake)
    updates.create_schema(spark, SCHEMA, tables)
    spec = write_spec(FOLDER / SPEC.name)
    server = remote.serve(spark)
    start = 0
    for minutes in MINUTES:
        print(f"landing: minutes {start} to {minutes} of the night", flush=True)
        landing.generate(spark, start_minute=start, minutes=minutes - start, **NIGHT)
        spark_pipelines("run", spec, *server)
        start = minutes
    print("the streams", flush=True)
    pipeline.run(spark)
    streamed = {name: runtime.read(spark, name) for name in pipeline.STREAMS}
    streamed["gold_running_totals"] = gold.running_totals(spark.table(OVERALL_PROGRESS.name)).toArrow()
    equal = [compare(name, read(tables / name), rows) for name, rows in streamed.items()]
    print(f"equal: {sum(equal)} of {len(equal)} tables, declared and streamed")
    return 0 if all(equal) else 1


def write_spec(path):
    """Write the specification to `path`, with a schema and a storage for this run; it names the very same files."""
    spec = yaml.safe_load(SPEC.read_text())
    files = [os.path.relpath(SPEC.parent / library["glob"]["include"], path.parent) for library in spec["libraries"]]
    spec |= {
        "database": SCHEMA,
        "storage": (FOLDER / "storage").as_uri(),
        "libraries": [{"glob": {"include": file}} for file in files],
        "configuration": spec["configuration"] | {definitions.LANDING_CONF: f"default.{LANDING.name}"},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(spec))
    return path


def spark_pipelines(command, spec, address, token):
    """Run `spark-pipelines COMMAND` as a process. Raises SleighError if it fails, with the last line that it says."""
    words = [str(Path(sys.executable).with_name("spark-pipelines")), command, "--spec", str(spec), "--remote", address]
    print(f"spark-pipelines {command}", flush=True)
    done = subprocess.run(
        words, env=variables(token), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    print("\n".join(f"  | {line}" for line in lines), flush=True)
    if done.returncode:
        raise SleighError(f"spark-pipelines {command} has failed: {lines[-1] if lines else 'it says nothing'}")


def variables(token):
    """The environment of a client process."""
    ours = {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT / "lib"), remote.TOKEN: token}
    return environment.for_java() | ours


def read(path):
    """A Delta table of this machine as a pyarrow Table."""
    from deltalake import DeltaTable

    return DeltaTable(str(path)).to_pyarrow_table()


def compare(name, declared, streamed):
    """Print a line on table `name`, two pyarrow Tables. Returns whether they hold the same rows, wall clocks left out."""
    columns = ", ".join(column for column in streamed.column_names if column not in WALL_CLOCK)
    if set(declared.column_names) != set(streamed.column_names):
        print(f"{name:<32} other columns: {', '.join(sorted(set(declared.column_names) ^ set(streamed.column_names)))}")
        return False
    query = f"SELECT {columns} FROM {{one}} EXCEPT ALL SELECT {columns} FROM {{other}}"
    extra = sinks.select(query, one=declared, other=streamed).num_rows
    missing = sinks.select(query, one=streamed, other=declared).num_rows
    same = not extra and not missing and len(streamed) > 0
    verdict = (
        "equal" if same else f"{extra} rows more, {missing} missing" if extra or missing else "no rows: proves nothing"
    )
    print(f"{name:<32} {len(declared):>6,} declared {len(streamed):>6,} streamed   {verdict}")
    return same


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SleighError as problem:
        print(f"declared: {problem}", file=sys.stderr)
        sys.exit(2)
