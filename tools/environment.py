"""Write environment.yml and binder/environment.yml from pyproject.toml and uv.lock.

    python tools/environment.py

The two files are the same text: Python and a JDK from conda-forge, the rest by pip, in exactly the locked versions. The
rest is what the project depends on, and its dependency group `binder`.
"""

import re
import tomllib
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "3.12"  # what Binder and Databricks have
FILES = ("environment.yml", "binder/environment.yml")

HEAD = f"""\
# Written by tools/environment.py from pyproject.toml and uv.lock; do not edit. binder/environment.yml is the same.
name: santas-lakehouse
channels:
  - conda-forge
dependencies:
  - python={PYTHON}
  - openjdk=17
  - pip
  - pip:
"""


def text(root=ROOT):
    """The text of both files."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    locked = {
        package["name"]: package["version"]
        for package in tomllib.loads((root / "uv.lock").read_text())["package"]
        if "version" in package and _for_this_python(package)
    }
    lines = []
    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["binder"]]:
        name, extras = re.match(r"([\w.-]+)(\[[\w,-]+\])?", requirement).groups()
        lines.append(f"      - {name}{extras or ''}=={locked[name.lower()]}\n")
    return HEAD + "".join(lines)


def _for_this_python(package):
    """The lock holds some packages twice, for older and newer Pythons."""
    markers = package.get("resolution-markers", [])
    return not markers or any(Marker(marker).evaluate({"python_full_version": f"{PYTHON}.0"}) for marker in markers)


if __name__ == "__main__":
    for file in FILES:
        (ROOT / file).write_text(text())
        print(f"wrote {file}")
