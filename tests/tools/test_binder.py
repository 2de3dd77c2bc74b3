"""What Binder builds of this repository, as its own tool writes it, and what its scripts do; what Codespaces is told.

No image is built: repo2docker writes the Dockerfile without Docker. Sources of what is asked for:
https://repo2docker.readthedocs.io/en/latest/configuration/ and https://containers.dev/implementors/json_reference/
"""

import importlib.util
import json
import os
import re
import subprocess

import benchmarks
import environment
import jsonschema
import lab
import pytest
import yaml
from repo2docker.__main__ import make_r2d
from repo2docker.buildpacks import CondaBuildPack
from sleigh.paths import ROOT
from sleigh.serve import server

README = (ROOT / "README.md").read_text(encoding="utf-8")
START = r"\(https://mybinder\.org/v2/gh/OWNER/santas-lakehouse/HEAD\?urlpath=lab/tree/([^)]+)\)"


def dockerfile(root, capsys):
    """The Dockerfile that repo2docker writes for the repository at `root`: its commands, each on one line."""
    make_r2d(["--no-build", str(root)]).build()
    return re.sub(r"\s*\\\n\s*", " ", capsys.readouterr().out).splitlines()


@pytest.fixture
def clone(tmp_path):
    """The repository's files, without the folders that repo2docker would walk through for nothing."""
    for entry in ROOT.iterdir():
        if entry.name not in (".git", "build", "lab"):
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


def at(lines, pattern):
    """Where the one line stands in which `pattern` is found."""
    (place,) = [place for place, line in enumerate(lines) if re.search(pattern, line)]
    return place


def test_the_image_has_our_environment_and_runs_our_scripts(clone, capsys):
    lines = dockerfile(clone, capsys)
    update = at(lines, r'env update -p \$\{NB_PYTHON_PREFIX\} --file "binder/environment.yml"')
    copied = at(lines, r"^COPY .* src/ \$\{REPO_DIR\}/$")
    built = at(lines, r"^RUN \./binder/postBuild$")
    assert update < copied < built
    users = [line for line in lines[:built] if line.startswith("USER ")]
    assert users[-1] == "USER ${NB_USER}", "what postBuild leaves in the repository must be the session's to write"
    assert at(lines, r'^ENV R2D_ENTRYPOINT="\$\{REPO_DIR\}/binder/start"$') > built
    taken = [line for line in lines if line.startswith("RUN ") or " src/" in line]
    others = r"pyproject|uv\.lock|requirements|pip install|Pipfile|apt\.txt|[ \"]environment\.yml"
    assert not [line for line in taken if re.search(others, line)], "what lies in the root is ignored"


def test_python_is_read_from_the_environment(clone, monkeypatch):
    monkeypatch.chdir(clone)
    pack = CondaBuildPack(base_image="")
    assert (pack.environment_yaml_path, pack.python_version) == ("binder/environment.yml", environment.PYTHON)


def test_the_environment_has_a_jdk_and_a_notebook_that_fits_jupyterlab():
    *parts, pip = yaml.safe_load((ROOT / "binder/environment.yml").read_text())["dependencies"]
    assert {f"python={environment.PYTHON}", "openjdk=17"} <= set(parts)
    assert {"notebook", "jupyterlab"} <= {pin.split("==")[0] for pin in pip["pip"]}


@pytest.fixture
def post_build(tmp_path):
    """A function that runs binder/postBuild with a `python` of ours, which ends with `code` and notes how it is called."""

    def run(code):
        tool = tmp_path / "bin" / "python"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f'#!/bin/sh\necho "$PYTHONPATH $@" >> "{tmp_path}/calls"\nexit {code}\n')
        tool.chmod(0o755)
        # A login shell sets the PATH anew; in the image conda does what this file does.
        (tmp_path / ".bash_profile").write_text(f'PATH="{tool.parent}:$PATH"\n')
        done = subprocess.run(
            [ROOT / "binder/postBuild"], cwd=ROOT, env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        )
        return done.returncode, (tmp_path / "calls").read_text().splitlines()

    return run


def test_post_build_fetches_the_jars_and_lays_the_lessons(post_build):
    assert post_build(0) == (0, ["lib -m sleigh setup", " tools/lab.py --quiet"])


def test_post_build_fails_when_a_step_does(post_build):
    assert post_build(3) == (3, ["lib -m sleigh setup"])


def test_a_session_knows_where_it_is_and_takes_the_place_of_its_start():
    words = ["sh", "-c", 'echo "$$ $SLEIGH_RUNTIME $OMP_NUM_THREADS" "$@"; exit 7', "sh", "a b", "c"]
    process = subprocess.Popen(
        [ROOT / "binder/start", *words], env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE
    )
    said, _ = process.communicate()
    # The same process: Binder's signals reach JupyterLab.
    assert (process.returncode, said.decode()) == (7, f"{process.pid} binder 1 a b c\n")


def test_the_link_opens_a_lesson_that_post_build_has_laid(clone):
    (opened,) = re.findall(START, README)
    assert opened == "lab/00_welcome.ipynb"
    lab.lay(clone)
    assert (clone / opened).exists()


COMMAND = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
PORT = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "onAutoForward": {"enum": ["notify", "openBrowser", "silent", "ignore"]},
    },
    "additionalProperties": False,
}
DEV_CONTAINER = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string"},
        "features": {"type": "object", "additionalProperties": {"type": "object"}},
        "hostRequirements": {
            "type": "object",
            "properties": {
                "cpus": {"type": "integer", "minimum": 1},
                "memory": {"type": "string", "pattern": r"^\d+([tgmk]b)?$"},
                "storage": {"type": "string", "pattern": r"^\d+([tgmk]b)?$"},
            },
            "additionalProperties": False,
        },
        "forwardPorts": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}},
        "portsAttributes": {"type": "object", "patternProperties": {r"^\d+$": PORT}, "additionalProperties": False},
        **dict.fromkeys(["onCreateCommand", "updateContentCommand", "postCreateCommand"], COMMAND),
        "customizations": {
            "type": "object",
            "properties": {
                "codespaces": {
                    "type": "object",
                    "properties": {"openFiles": {"type": "array", "items": {"type": "string"}}},
                    "additionalProperties": False,
                },
                "vscode": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
    "required": ["image"],
    "additionalProperties": False,
}
"""Of what https://containers.dev/implementors/json_schema/ allows: the fields that we use, and their like. `openFiles` is
https://docs.github.com/codespaces/setting-up-your-project-for-codespaces/configuring-dev-containers/automatically-opening-files-in-the-codespaces-for-a-repository"""


def test_codespaces_gets_what_binder_has_and_opens_the_same_lesson(clone):
    assert "(https://codespaces.new/OWNER/santas-lakehouse)" in README
    recipe = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    jsonschema.validate(recipe, DEV_CONTAINER)
    java = recipe["features"]["ghcr.io/devcontainers/features/java:1"]["version"]
    assert f":{environment.PYTHON}-" in recipe["image"] and f"openjdk={java}\n" in environment.HEAD
    assert recipe["forwardPorts"] == [8888, server.FIRST_PORT]  # Jupyter's own, and the dashboard's
    assert set(recipe["portsAttributes"]) == {str(port) for port in recipe["forwardPorts"]}
    # Before anybody sees a file, and in this order; both are part of a prebuild.
    assert recipe["onCreateCommand"] == "make setup"
    assert recipe["updateContentCommand"] == ".venv/bin/python tools/lab.py --quiet"
    lab.lay(clone)
    assert recipe["customizations"]["codespaces"]["openFiles"] == re.findall(START, README)


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_binder", ROOT / "bench/binder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_measured_where_there_are_no_control_groups(bench, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "GROUPS", tmp_path)
    assert bench.main([]) == 1
    assert capsys.readouterr().err == f"binder: not measured: no control groups of version 1 at {tmp_path}/memory\n"
    for name in ("memory", "cpu"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    assert bench.refusal() is None
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert bench.refusal() == f"{tmp_path}/memory cannot be written, and only root may set limits"


def test_what_binder_starts_is_what_is_measured(bench):
    assert bench.program("binder", "python", "x")[0] == str(ROOT / "binder/start")
    assert bench.program("local", "python", "x") == ["python", "x"]


def test_results_of_a_row_replace_only_its_own(bench, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "TARGET", tmp_path / "binder.json")
    for row, place, seconds in (("13", "binder", 1), ("00", "binder", 2), ("13", "local", 3), ("13", "binder", 4)):
        bench.keep(row, place, {"seconds": seconds})
    rows = json.loads(bench.TARGET.read_text())["rows"]
    assert json.dumps(rows) == json.dumps(
        {"00": {"binder": {"seconds": 2}}, "13": {"local": {"seconds": 3}, "binder": {"seconds": 4}}}
    )


def test_a_lesson_that_failed_is_told_on_the_page():
    ran = {"seconds": 1.0, "first_figure_s": 1.0, "peak_mb": 7, "own_mb": 6, "parts_mb": {}, "killed": 0, "load": 1}
    told = {"cpus": 1, "memory_mb": 2048, "rows": {"13": {"local": ran | {"killed": 1}, "binder": ran}}}
    assert (
        "FAILED" not in (section := benchmarks.SECTIONS["binder"](told)).answer and "FAILED, 1 killed" in section.body
    )
    told["rows"]["13"]["binder"] = ran | {"failure": "x", "seconds": None}
    assert "FAILED: Lesson 13" in benchmarks.SECTIONS["binder"](told).answer
