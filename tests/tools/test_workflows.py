"""What GitHub is told to do names commands and paths that are there, with no more rights than it needs."""

import os
import re

import pytest
import yaml
from sleigh.paths import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(file, word):
    """What stands under `word` in the steps of all jobs, as a list."""
    jobs = yaml.safe_load(file.read_text())["jobs"].values()
    return [step[word] for job in jobs for step in job["steps"] if word in step]


def test_there_are_two():
    assert [file.name for file in FILES] == ["book.yml", "ci.yml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_command_is_there(file):
    commands = [line.split() for text in steps(file, "run") for line in text.splitlines()]
    assert commands
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for first, *rest in commands:
        if first == "make":
            assert set(rest) <= targets
        else:
            assert os.access(ROOT / first, os.X_OK) and not rest


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_action_is_githubs_own_at_a_major_version(file):
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", used) for used in steps(file, "uses"))


def test_what_is_kept_and_what_is_published_is_what_the_tools_write():
    import book
    import checks

    given = {step["path"] for file in FILES for step in steps(file, "with") if "path" in step}
    assert {"build/book", checks.REPORTS.relative_to(ROOT).as_posix()} <= given
    assert book.INTO == ROOT / "build/book"
    hashed = {name for file in FILES for name in re.findall(r"hashFiles\('([^']+)'\)", file.read_text())}
    assert hashed == {"uv.lock"} and (ROOT / "uv.lock").exists()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_rights_are_few_and_time_is_limited(file):
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    more = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert more == ({"deploy": {"pages": "write", "id-token": "write"}} if file.name == "book.yml" else {})
