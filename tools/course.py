"""Write into the README's table of lessons how many minutes each takes to read and to run, from the lessons' own heads.

python tools/course.py            writes them; so does tools/navigation.py, which writes the heads
python tools/course.py --check    exit code 1 and one line if they differ
"""

import re
import sys
from pathlib import Path

import nbformat
from hygiene import sources

ROOT = Path(__file__).resolve().parents[1]

HEAD = re.compile(r"\| needs \| minutes to read \| minutes to run \|\n\|[-| ]+\|\n\|[^|\n]*\|([^|\n]*)\|([^|\n]*)\|")
"""The table under a lesson's title."""

ROW = re.compile(r"^(\| \[\d\d\]\((notebooks/\w+\.ipynb)\) \| [^|\n]+ \| [^|\n]+ \|).*$", re.MULTILINE)
SUM = re.compile(r"^\| \| in all \| \|.*$", re.MULTILINE)


def minutes(notebook):
    """Minutes to read and to run, each as the list of numbers that the lesson's head has: [30, 7] if a part is optional."""
    found = HEAD.search("\n\n".join(sources(notebook, "markdown")))
    return [[float(number) for number in re.findall(r"\d+(?:\.\d+)?", cell)] for cell in found.groups()]


def text(readme, root):
    """`readme`, the text of README.md, with the minutes of the lessons at `root` in its table, and their sum."""
    taken = []

    def row(found):
        taken.append(minutes(nbformat.read(root / found[2], as_version=4)))
        read, run = (" + ".join(f"{number:g}" for number in numbers) for numbers in taken[-1])
        return f"{found[1]} {read} | {run} |"

    readme = ROW.sub(row, readme)
    read, run = (sum(map(sum, column)) for column in zip(*taken, strict=True))
    return SUM.sub(f"| | in all | | {read:g} | {run:g} |", readme)


def main(arguments=(), root=ROOT):
    """Write or check. Returns the exit code."""
    path = root / "README.md"
    readme = path.read_text(encoding="utf-8")
    wanted = text(readme, root)
    if readme == wanted:
        return 0
    if list(arguments) == ["--check"]:
        print("README.md has not the minutes of the lessons' heads: run python tools/course.py")
        return 1
    path.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
