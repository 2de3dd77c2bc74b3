"""The glossary keeps its promise: two sentences, a lesson that uses the word, the page of Spark or Delta."""

import json
import re

import pytest
from headings import anchor
from sleigh.paths import ROOT

PAGE = ROOT / "notebooks" / "glossary.md"
ENTRIES = re.findall(r"^## (.+)\n\n(.+)\n\n(.+)$", PAGE.read_text(), re.MULTILINE)


def words(path):
    """All text of a lesson, lower case."""
    cells = json.loads(path.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells).lower()


def test_every_heading_is_an_entry_and_they_are_in_order():
    terms = [term for term, _, _ in ENTRIES]
    assert len(terms) > 30 and PAGE.read_text().count("\n## ") == len(terms)
    assert terms == sorted(terms, key=str.lower)


@pytest.mark.parametrize(("term", "text", "links"), ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_entry(term, text, links):
    assert len(re.findall(r"[.](?= [A-Z`0-9]|$)", text)) == 2, "two sentences"
    found = re.fullmatch(r"Shown in lesson \[(\d\d)\]\((\S+)\) · \[(?:Spark|Delta)'s page\]\((\S+)\)", links)
    assert found, links
    number, lesson, page = found.groups()
    assert lesson.startswith(number) and (PAGE.parent / lesson).exists()
    assert page.startswith(("https://spark.apache.org/docs/", "https://docs.delta.io/", "https://github.com/delta-io/"))
    stem = term.lower().split()[0].rstrip("s")[:7]
    assert stem in words(PAGE.parent / lesson), f"lesson {number} never says {term!r}"


def test_links_into_the_glossary_lead_somewhere():
    anchors = {anchor(term) for term, _, _ in ENTRIES}
    for path in sorted(PAGE.parent.glob("*.ipynb")):
        linked = set(re.findall(r"glossary\.md#([\w-]+)", words(path)))
        assert linked <= anchors, f"{path.name}: {linked - anchors}"
