"""What a machine must have before anything is installed, each as one line with what to type."""

import shutil
import tomllib
from collections import namedtuple

import pytest
from packaging import tags
from packaging.utils import parse_wheel_filename
from sleigh import needs
from sleigh.errors import SleighError
from sleigh.paths import ROOT

Usage = namedtuple("Usage", "total used free")

PLATFORMS = {
    "Linux x86-64": ["manylinux_2_28_x86_64", *(f"manylinux_2_{minor}_x86_64" for minor in range(27, 4, -1))],
    "Linux ARM": ["manylinux_2_28_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in range(27, 16, -1))],
    "macOS ARM": list(tags.mac_platforms((14, 0), "arm64")),
}
OLD_NAMES = {"manylinux1": 5, "manylinux2010": 12, "manylinux2014": 17}  # PEP 600

BUILT_HERE = {"pyspark"}  # plain Python: its source is all there is
NOT_EVERYWHERE = {"pywin32", "pywinpty", "pyoxipng"}  # Windows's alone; authors' alone, see pyproject.toml


@pytest.mark.parametrize("version", [needs.OLDEST, needs.NEWEST, (3, 12, 1, "final", 0)])
def test_a_python_that_fits(version):
    needs.require_python(version)


@pytest.mark.parametrize(
    "version, word", [((3, 10, 14), "Python 3.10 is too old"), ((3, 15, 0), "Python 3.15 is too new")]
)
def test_a_python_that_does_not(version, word):
    with pytest.raises(SleighError, match=rf"{word}.*make PYTHON=python3\.\d+$"):
        needs.require_python(version)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("minor", range(needs.OLDEST[1], needs.NEWEST[1] + 1))
def test_every_locked_package_is_built_for_it(platform, minor):
    """Nobody needs a compiler, on any Python that set-up takes."""
    machine = PLATFORMS[platform][0].split("_", 3)[-1]
    names = PLATFORMS[platform] + [f"{old}_{machine}" for old in OLD_NAMES] * ("manylinux" in PLATFORMS[platform][0])
    taken = {*tags.cpython_tags((3, minor), platforms=names), *tags.compatible_tags((3, minor), f"cp3{minor}", names)}
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    found, all_names = set(), set()
    for package in packages:
        if "registry" not in package["source"]:
            continue
        all_names.add(package["name"])
        wheels = [parse_wheel_filename(wheel["url"].rsplit("/", 1)[1])[3] for wheel in package.get("wheels", [])]
        if any(wheel & taken for wheel in wheels):
            found.add(package["name"])
    assert all_names - found <= BUILT_HERE | NOT_EVERYWHERE
    assert len(found) > 100


def test_a_folder_that_cannot_be_written():
    with pytest.raises(SleighError, match=r"^cannot write to /proc \(.*\): clone it to where you may write$"):
        needs.require_folder("/proc")


def test_little_room(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40 - 2**30, 2**30))
    with pytest.raises(SleighError, match=r"^only 1\.0 GB free where .* lies, and set-up takes 3: make room"):
        needs.require_folder(tmp_path)
    (tmp_path / ".venv").mkdir()  # most of it has been taken
    needs.require_folder(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [".venv"]


def test_a_python_without_venv(monkeypatch):
    monkeypatch.setattr(needs.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    with pytest.raises(SleighError, match=r"cannot make environments: sudo apt-get install python3\.\d+-venv$"):
        needs.require_environments()
