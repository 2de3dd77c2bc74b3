"""The README and its pages: links lead somewhere, commands are there, and what it promises of the course is counted."""

import re
import shlex
from collections import Counter

import benchmarks
import course
import navigation
import nbformat
import pytest
from PIL import Image
from sleigh import __main__, extensions
from sleigh.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("d*/README.md"), *ROOT.glob("notebooks/*.md")])
LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))


def anchors(path):
    """The names that GitHub gives to the headings of a page, the second of a name with a number, and those of its own."""
    text, count = path.read_text(encoding="utf-8"), Counter()
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        name = benchmarks.anchor(title)
        yield f"{name}-{count[name]}" if count[name] else name
        count[name] += 1
    yield from re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text)


def dead(text, path):
    """The links of `text`, which stands in the page at `path`, to files or headings that there are not."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, heading = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        page = path.parent / file if file else path
        if not page.exists() or (heading and page.suffix == ".md" and heading not in anchors(page)):
            found.append(target)
    return found


def commands(start):
    """What the README's code, in blocks and in lines, calls by `start`: the words behind it."""
    blocks = re.findall(rf"(?:^    |`){re.escape(start)} ([^`\n]*)", README, re.MULTILINE)
    return [shlex.split(words, comments=True) for words in blocks]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(path):
    assert dead(path.read_text(encoding="utf-8"), path) == []


def test_a_dead_link_is_found():
    gone = (
        "[a](docs/benchmarks.md#no-such-part) [b](docs/none.md) [c](#start) [d](docs/benchmarks.md#routes) [e](#none)"
    )
    assert dead(gone, ROOT / "README.md") == ["docs/benchmarks.md#no-such-part", "docs/none.md", "#none"]


def test_every_command_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = [words[0] for words in commands("make")]
    assert {"lab", "run", "live"} <= set(called) <= targets
    known = __main__._parser()
    told = [["sleigh" if word == "DIR" else word for word in words] for words in commands(".venv/bin/sleigh")]
    assert {"run", "inspect", "progress"} <= {known.parse_args(words) and words[0] for words in told}


def test_it_fits_and_counts_its_lessons():
    assert len(README.splitlines()) <= 170
    assert f"{len(LESSONS)} notebooks" in README.split("\n\n")[1]


def test_the_minutes_are_those_of_the_lessons(capsys):
    assert course.main(["--check"]) == 0, capsys.readouterr().out


def test_minutes_are_taken_from_a_lessons_head_and_added_up(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for name, read, run in (
        ("00_a", "12", "1"),
        ("01_b", "30, and 7 for the part at the end", "1.5, when all is answered"),
    ):
        head = f"# T\n\n| needs | minutes to read | minutes to run |\n|---|---|---|\n| nothing | {read} | {run} |"
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(head)])
        nbformat.write(notebook, tmp_path / f"notebooks/{name}.ipynb")
    rows = ["| [00](notebooks/00_a.ipynb) | A | Who? | 99 | 99 |", "| [01](notebooks/01_b.ipynb) | B | Why? |"]
    assert course.text("\n".join([*rows, "| | in all | |"]), tmp_path).splitlines() == [
        "| [00](notebooks/00_a.ipynb) | A | Who? | 12 | 1 |",
        "| [01](notebooks/01_b.ipynb) | B | Why? | 30 + 7 | 1.5 |",
        "| | in all | | 49 | 2.5 |",
    ]


def test_other_minutes_are_told_in_a_line_and_written(tmp_path, capsys):
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    (tmp_path / "README.md").write_text(re.sub(r"\| \d+ \| 1 \|$", "| 999 | 1 |", README, count=1, flags=re.MULTILINE))
    assert course.main(["--check"], tmp_path) == 1
    assert (
        capsys.readouterr().out == "README.md has not the minutes of the lessons' heads: run python tools/course.py\n"
    )
    assert course.main([], tmp_path) == course.main(["--check"], tmp_path) == 0
    assert (tmp_path / "README.md").read_text() == README


def test_every_extension_is_in_the_table_with_its_lesson():
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (\d\d) \|$", README, re.MULTILINE))
    assert sorted(rows) == list(extensions.NAMES)
    built = {name: " ".join(navigation.REBUILDS[lesson]) for name, lesson in rows.items()}
    assert [name for name, files in built.items() if f"extensions/{name}/" not in files] == []


def test_the_picture_moves_and_is_small():
    (shown,) = re.findall(r"^!\[[^]]+\]\((docs/[^)]+)\)$", README, re.MULTILINE)
    assert (ROOT / shown).stat().st_size < 3_000_000
    with Image.open(ROOT / shown) as picture:
        assert picture.n_frames > 8 and picture.info["loop"] == 0 and picture.width == 960
