"""Build the book: all lessons, solutions and pages as a static site, by Sphinx, without the network.

    python tools/book.py                  into build/book; a second time only what has changed
    python tools/book.py --into FOLDER

What the pages link to in the repository is in the book as well, files of the library as pages of their own. A link that
leads nowhere fails the build. How pages look is in docs/book.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from posixpath import relpath

import book_pages
import navigation
import nbformat

ROOT = Path(__file__).resolve().parents[1]
INTO, LOOKS = ROOT / "build/book", ROOT / "docs/book"
PICTURES = (".png", ".gif", ".svg")
LANGUAGES = {".py": "python", ".sql": "sql", ".yml": "yaml", ".sh": "sh", ".json": "json"}
"""Suffix -> what Pygments calls the language. All else is text."""

LINK = re.compile(r'(\]\(|<a href="|<img [^>]*?src=")([^)\s"#:]+)(?=[)\s"#])')
"""What stands before a link or picture, and its target as far as a `#`. An address with a colon is none of ours."""


def build(into, root=ROOT):
    """Build the book of the course at `root` into the folder `into`. Returns Sphinx's exit code.

    Beside `into` lies FOLDER.parts, with the pages as Sphinx reads them and what it remembers of them.
    """
    parts = into.with_name(f"{into.name}.parts")
    lay(pages(root), parts / "pages")
    words = ["--fail-on-warning", "--quiet", "--jobs=auto", "--conf-dir", LOOKS, "--doctree-dir", parts / "doctrees"]
    return subprocess.run([sys.executable, "-m", "sphinx", *words, parts / "pages", into]).returncode


def pages(root=ROOT):
    """{place in the book: text or bytes}: the front page, all pages, and whatever they link to in the repository."""
    starts = ["README.md", "CONTRIBUTING.md", "docs/*.md", "notebooks/*.md", "notebooks/[0-9]*.ipynb", "solutions"]
    waiting = [path for start in [*starts, "solutions/[0-9]*.ipynb"] for path in root.glob(start)]
    found = {}
    while waiting:
        path = waiting.pop()
        if place(path, root) not in found:
            found[place(path, root)], linked = _page(path, root)
            waiting += linked
    names = navigation.names(root / "README.md")
    found["index.md"] += _contents(found, names)
    found["solutions/index.md"] += _toctree(_lessons(found, "solutions", names))
    return found


def place(path, root=ROOT):
    """Where a file or folder of the repository is in the book: pages and pictures where they are, code under code/."""
    name = path.relative_to(root).as_posix().lstrip(".")  # what is hidden is not published
    if name == "README.md":
        return "index.md"
    if path.is_dir():
        return f"{name}/index.md" if name == "solutions" else f"code/{name}/index.md"
    if path.suffix in (*PICTURES, ".md"):
        return name
    return f"{name.removesuffix('.ipynb')}.md" if path.suffix == ".ipynb" else f"code/{name}.md"


def _page(path, root):
    """(text or bytes, the paths that it links to) of a file or folder."""
    if path.suffix in PICTURES:
        return path.read_bytes(), []
    if path.is_dir():
        return _linked(_folder(path, root), path, place(path, root), root)
    if path.suffix == ".ipynb":
        return _notebook(path, root)
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return _linked(text, path.parent, place(path, root), root)
    code = book_pages.fenced(text, LANGUAGES.get(path.suffix, "text"))
    return f"{ASIDE}# `{path.relative_to(root).as_posix()}`\n\n{code}\n", []


ASIDE = "---\norphan: true\nnosearch: true\n---\n"
"""Says to Sphinx that a page is in no table of contents, and that search finds no more of it than its title."""


def _folder(path, root):
    name = path.relative_to(root).as_posix()
    if name == "solutions":
        return "# Our solutions\n\nEach answer is folded until you click on it.\n\n"
    inside = sorted(each for each in path.iterdir() if not each.name.startswith((".", "__pycache__")))
    lines = [f"- [`{each.name}{'/' * each.is_dir()}`]({each.name})" for each in inside]
    return f"{ASIDE}# `{name}/`\n\n" + "\n".join(lines) + "\n"


def _notebook(path, root):
    notebook, linked = nbformat.read(path, as_version=4), []
    where = path.parent, place(path, root), root
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source, found = _linked(cell.source, *where)
            linked += found
        for data in (output.data for output in cell.get("outputs", []) if "text/html" in output.get("data", {})):
            data["text/html"], found = _linked(data["text/html"], *where)
            linked += found
    if path.parent.name == "solutions":
        # What search shows around a word that it has found would be an answer before the click.
        return "---\nnosearch: true\n---\n" + book_pages.solution(notebook), linked
    return book_pages.lesson(notebook), linked


def _linked(text, folder, here, root):
    """(the text with its links as the page at `here` must have them, the paths they lead to); they start at `folder`."""
    found = []

    def moved(link):
        path = (folder / link[2]).resolve()
        if not path.exists() or not path.is_relative_to(root):
            return link[0]  # none of ours: Sphinx will say so
        found.append(path)
        target = relpath(place(path, root), Path(here).parent.as_posix())
        # Sphinx turns links between pages of Markdown into links between pages of HTML, and leaves HTML as it is.
        return link[1] + (re.sub(r"\.md$", ".html", target) if link[1].startswith("<a") else target)

    return LINK.sub(moved, text), found


def _contents(found, names):
    """The tables of contents that make up the sidebar and the order of the pages. names: {number of a lesson: its name}."""
    docs = sorted(name[:-3] for name in found if name.endswith(".md") and name != "index.md")
    pages = [name for name in docs if re.match(r"notebooks/\D", name)]
    others = [name for name in docs if not name.startswith(("notebooks/", "solutions/", "code/"))]
    return "\n\n" + "\n".join(
        [
            _toctree(_lessons(found, "notebooks", names), ":caption: Lessons", ":hidden:"),
            _toctree([*pages, "solutions/index"], ":caption: Look up", ":hidden:"),
            _toctree(others, ":caption: The project", ":hidden:"),
        ]
    )


def _lessons(found, folder, names):
    """The entries of a table of contents: what `folder` has of each lesson, by the lesson's name."""
    places = [match for name in sorted(found) if (match := re.fullmatch(rf"({folder}/(\d\d)_(.*))\.md", name))]
    return [f"{number} · {names.get(number, rest)} </{place}>" for place, number, rest in map(re.Match.groups, places)]


def _toctree(entries, *options):
    return "\n".join(["```{toctree}", *options, "", *entries, "```", ""])


def lay(found, folder):
    """Make `folder` hold what `pages` has found and nothing else; a file that is right keeps its time, for Sphinx."""
    for name, content in found.items():
        target, content = folder / name, content if isinstance(content, bytes) else content.encode()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in found:
            path.unlink()


def main(argv=None):
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Build the book, a static site of all lessons and pages.")
    parser.add_argument("--into", type=Path, default=INTO, help="folder (default: build/book)")
    into = parser.parse_args(argv).into.resolve()
    if code := build(into):
        print("book: not built; what is wrong is said above", file=sys.stderr)
        return code
    size = sum(path.stat().st_size for path in into.rglob("*") if path.is_file()) / 1e6
    print(f"book: {into / 'index.html'} ({size:.0f} MB); open it, or serve it:")
    print(f"      python3 -m http.server --bind 127.0.0.1 -d {into}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
