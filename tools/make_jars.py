"""Write lib/sleigh/runtime/jars.txt: which jars the course's version of Delta needs, with their sizes and checksums.

    python tools/make_jars.py        for whoever changes the version of Delta or of pyspark; needs the network, a minute

Ivy, which comes with Spark, resolves what Delta asks for; of that, what pyspark has already is left out. Java knows
nothing of HTTPS_PROXY: behind a proxy name it in JAVA_TOOL_OPTIONS.
"""

import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "lib"))
from sleigh.runtime import environment, jars  # noqa: E402

PACKAGE = f"io.delta:delta-spark_4.2_2.13:{jars.DELTA}"
HEAD = "# Written by tools/make_jars.py; do not edit. group:artifact:version, bytes, SHA-256\n"
RESOLVE = "from pyspark.java_gateway import launch_gateway; launch_gateway().shutdown()"


def artifact(jar):
    """'slf4j-api' for 'slf4j-api-2.0.17.jar', and 'org.slf4j_slf4j-api' for ivy's 'org.slf4j_slf4j-api-2.0.13.jar'."""
    return re.sub(r"-\d[\w.]*\.jar$", "", jar)


def shipped():
    """The names of the jars that pyspark has."""
    return [jar.name for jar in (Path(pyspark.__file__).parent / "jars").glob("*.jar")]


def needed(resolved, shipped):
    """The jars of `resolved` (ivy's names, group_artifact-version.jar) that are not `shipped` in some version.

    Most are older copies of what pyspark has already, and two versions of one library on the class path are worse than one.
    """
    have = {artifact(jar) for jar in shipped}
    return sorted(jar for jar in resolved if artifact(jar).split("_", 1)[1] not in have)


def resolved(folder):
    """The jars that ivy copies to `folder` for PACKAGE, as paths."""
    variables = environment.for_java() | {
        "JAVA_TOOL_OPTIONS": os.environ.get("JAVA_TOOL_OPTIONS", ""),
        "PYSPARK_SUBMIT_ARGS": f"--packages {PACKAGE} --conf {shlex.quote(f'spark.jars.ivy={folder}')} pyspark-shell",
    }
    done = subprocess.run([sys.executable, "-c", RESOLVE], env=variables, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{PACKAGE} cannot be resolved: {done.stderr.strip().splitlines()[-1][:300]}")
    return list((Path(folder) / "jars").glob("*.jar"))


def line(jar):
    """The line of the file `jar`, of ivy's name."""
    group, rest = jar.name.split("_", 1)
    name = artifact(rest)
    coordinates = f"{group}:{name}:{rest.removeprefix(f'{name}-').removesuffix('.jar')}"
    return f"{coordinates} {jar.stat().st_size} {hashlib.sha256(jar.read_bytes()).hexdigest()}\n"


def main():
    """Write the list."""
    with tempfile.TemporaryDirectory() as folder:
        found = {jar.name: jar for jar in resolved(folder)}
        jars.LIST.write_text(HEAD + "".join(line(found[name]) for name in needed(found, shipped())))
    print(f"wrote {jars.LIST}: set-up fetches what is new in it")


if __name__ == "__main__":
    main()
