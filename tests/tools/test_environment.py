"""environment.yml, binder/environment.yml, pyproject.toml and uv.lock say the same."""

import shlex
import tomllib

import environment
import yaml
from sleigh.paths import ROOT


def _pins():
    parts = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return dict(pin.split("==") for pin in next(part for part in parts if isinstance(part, dict))["pip"])


def test_both_files_are_what_the_tool_writes():
    for file in environment.FILES:
        assert (ROOT / file).read_text() == environment.text(), f"{file}: run python tools/environment.py"


def test_every_runtime_dependency_is_pinned_to_the_locked_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["binder"]]
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    locked = {(package["name"], package.get("version")) for package in packages}
    pins = _pins()
    for requirement, (name, version) in zip(wanted, pins.items(), strict=True):
        assert requirement.startswith(name)
        assert (name.split("[")[0], version) in locked


def test_of_two_locked_versions_the_one_for_binders_python_is_taken():
    packages = [
        {"resolution-markers": ["python_full_version >= '3.12'"]},
        {"resolution-markers": ["python_full_version < '3.12'"]},
        {},
    ]
    assert [environment._for_this_python(package) for package in packages] == [True, False, True]


def test_what_the_readme_installs_on_databricks_is_what_the_project_asks_for():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (line,) = [line for line in (ROOT / "README.md").read_text().splitlines() if "%pip install" in line]
    assert set(shlex.split(line)[2:]) <= set(wanted)
