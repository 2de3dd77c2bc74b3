"""The book, built once by Sphinx as `make book` does, with one hostile page more, and read in a real browser."""

import functools
import http.server
import re
import threading
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import book
import book_pages
import browser
import hostile
import nbformat
import plotly.graph_objects as go
import pytest
import template
from sleigh.lessons.display import _Table, _text
from sleigh.paths import ROOT
from sleigh.serve import style

LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
WATERMARKS = "notebooks/09_watermarks.html"
ATTACKS = {kind: hostile.text("city", kind) for kind in hostile.KINDS if kind != "long"}
HOSTILE = "```\n\n" + "\n\n".join(ATTACKS.values()) + "\n\n````\n# not a heading"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built book; beside the course's pages it has hostile.html."""
    found = book.pages() | {"hostile.md": book.ASIDE + book_pages.lesson(besieged())}
    into = tmp_path_factory.mktemp("book") / "Santa's book"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "pages", lambda root: found)
        assert book.build(into) == 0
    return into


def besieged():
    """A notebook whose outputs are all the same attacks: as text, in a table, and in a figure."""
    names = [style.label(text) for text in ATTACKS.values()]
    figure = go.Figure(go.Bar(x=names, y=[1] * len(names)), layout={"title": {"text": HOSTILE}})
    bundle = {book_pages.PLOTLY: figure.to_plotly_json(), "text/plain": f"<{HOSTILE}>"}
    cells = [[_text(each)] for each in (HOSTILE, *ATTACKS.values())]
    outputs = [
        nbformat.v4.new_output("stream", text=HOSTILE),
        nbformat.v4.new_output("execute_result", {"text/plain": HOSTILE}),
        nbformat.v4.new_output("display_data", {"text/html": _Table(["city"], cells, 0)._repr_html_()}),
        nbformat.v4.new_output("display_data", bundle),
    ]
    title = nbformat.v4.new_markdown_cell("# Hostile\n\n> **Predict.** Does it stay inside?")
    return nbformat.v4.new_notebook(cells=[title, nbformat.v4.new_code_cell("print(city)", outputs=outputs)])


@pytest.fixture(scope="module")
def address(site):
    """The book served on this machine."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as started:
        yield started


@pytest.fixture
def read(chromium, address):
    """A function that opens a page of the book; nothing may be asked from another machine, or complain on the console."""
    return lambda name, **kwargs: browser.watched(chromium, address + name, **kwargs)


# What the pages say


class Links(HTMLParser):
    """All ids of a page, and all addresses that it names: those to click on, and those that a browser asks for itself."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.clicked, self.asked = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        (self.clicked if tag == "a" else self.asked).extend(given[name] for name in ("href", "src") if name in given)


@pytest.fixture(scope="module")
def links(site):
    """{path of a page: its Links}"""
    return {path: Links(path) for path in site.rglob("*.html")}


def test_every_link_leads_somewhere(links, site):
    assert len(links) > 2 * len(LESSONS)

    def leads(path, address):
        parts = urlsplit(address)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file() or not target.is_relative_to(site):
            return False
        return target.suffix != ".html" or not parts.fragment or unquote(parts.fragment) in links[target].ids

    dead = [(path.name, address) for path in links for address in local(links[path]) if not leads(path, address)]
    assert not dead, dead[:20]


def local(page):
    return {each for each in (*page.clicked, *page.asked) if not urlsplit(each).scheme and not urlsplit(each).netloc}


def test_other_machines_are_named_only_by_our_own_text_and_only_to_be_clicked(links):
    ours = {"github.com"} | hosts(text for text in book.pages().values() if isinstance(text, str))
    for path, page in links.items():
        assert not [
            each for each in page.asked if urlsplit(each).netloc or urlsplit(each).scheme not in ("", "data")
        ], path
        assert hosts(page.clicked) <= ours, path


def hosts(texts):
    return {host for text in texts for host in re.findall(r"https?://([\w.-]+)", text)}


def test_plotly_is_there_once(site):
    found = [path for path in site.rglob("*.js") if path.stat().st_size > 500_000]
    assert [path.relative_to(site).as_posix() for path in found] == ["_static/plotly.min.js"]
    assert not [path for path in site.rglob("*.html") if path.stat().st_size > 1_000_000]


def test_every_lesson_and_every_page_is_in_the_sidebar_of_the_first(links, site):
    index = set(links[site / "index.html"].clicked)
    pages = [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in ROOT.glob("notebooks/*.*")]
    pages += [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in ROOT.glob("docs/*.md")]
    assert len(pages) > len(LESSONS) and set(pages) <= index


class Answers(HTMLParser):
    """How many outputs that follow a prediction, and how many checks that say "right", are open and how many folded."""

    def __init__(self, path):
        super().__init__()
        self.depth, self.quoted, self.asked = 0, False, False
        self.predicted, self.right = Counter(), Counter()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.depth += tag == "details"
        self.quoted |= tag == "blockquote"
        if self.asked and "output" in (dict(attributes).get("class") or "").split():
            self.asked = False
            self.predicted["folded" if self.depth else "open"] += 1

    def handle_endtag(self, tag):
        self.depth -= tag == "details"
        self.quoted &= tag != "blockquote"

    def handle_data(self, text):
        self.asked |= self.quoted and text.startswith("Predict")
        self.right["folded" if self.depth else "open"] += len(re.findall(r"\d · right: ", text))


@pytest.mark.parametrize("name", LESSONS)
def test_no_answer_stands_open(site, name):
    lesson, solution = (Answers(site / folder / f"{name}.html") for folder in ("notebooks", "solutions"))
    asked = template.exercises(nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4))
    assert solution.right == {"folded": len(asked), "open": 0} and lesson.right.total() == 0
    if name[:2] not in template.EXAMS:  # there a prediction is an answer, and what follows it is a check
        assert lesson.predicted["folded"] >= 2 and not lesson.predicted["open"]


def test_a_fence_is_no_place_for_a_turn():
    assert book_pages.pieces("a\n```\n# b\n```\n## c\nd\n\n> **Predict.** e\n\n**03.1** f") == [
        "a\n```\n# b\n```",
        "## c\nd",
        "> **Predict.** e",
        "**03.1** f",
    ]


def test_what_is_gone_from_the_course_is_gone_from_the_pages_and_the_rest_keeps_its_time(tmp_path):
    book.lay({"a.md": "a", "b/c.md": "c"}, tmp_path)
    before = (tmp_path / "a.md").stat().st_mtime_ns
    book.lay({"a.md": "a", "d.md": b"d"}, tmp_path)
    assert {path.name for path in tmp_path.rglob("*.md")} == {"a.md", "d.md"}
    assert (tmp_path / "a.md").stat().st_mtime_ns == before


# In a browser


def test_search_finds_the_lesson_on_watermarks_and_leads_there(read):
    with read("index.html") as page:
        page.locator("input[name=q]").first.fill("watermark")
        page.keyboard.press("Enter")
        hit = page.locator("ul.search a[href*='09_watermarks']").first
        page.locator("ul.search > li").nth(5).wait_for()  # they come one by one
        hit.click()
        page.wait_for_url(f"**/{WATERMARKS}*")
        assert "09 · Watermarks" in page.locator("h1").inner_text()


def test_search_shows_no_answer(read):
    with read("search.html?q=spellings+mended") as page:  # of what the check of 03.3 says when the answer is right
        page.get_by_text("Search finished").or_(page.get_by_text("did not match any documents")).first.wait_for()
        assert page.locator("ul.search a[href*='solutions/']").count() == 0


def test_the_slider_of_lesson_09_moves_its_figure(read):
    with read(WATERMARKS) as page:
        page.locator("button.folds").click()
        page.locator(".figure").first.scroll_into_view_if_needed()  # it is drawn when it is near
        slider = page.locator(".slider-rail-touch-rect").first
        slider.wait_for()
        data = set()
        for place, minutes in ((5, 0), (slider.bounding_box()["width"] - 5, 60)):
            slider.click(position={"x": place, "y": 5})
            page.wait_for_function(f"() => ({FIGURE}).layout.title.text.startsWith('Waiting {minutes} minutes:')")
            data.add(
                page.evaluate(f"() => JSON.stringify(({FIGURE}).data.map(each => [each.visible, each.x, each.y]))")
            )
        assert len(data) == 2


FIGURE = "[...document.querySelectorAll('.js-plotly-plot')].find(each => each.layout.sliders)"


def test_what_comes_from_data_is_text(read):
    with read("hostile.html", prepare=hostile.own) as page:
        assert page.locator("details.fold").get_attribute("open") is None
        page.locator("details.fold > summary").click()
        page.locator(".figure").scroll_into_view_if_needed()  # it is drawn when it is near
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        assert page.locator("details.fold .output").count() == 4 and page.locator("h1").count() == 1
        told = page.locator("div.output td").all_inner_texts()
        assert told[0].startswith("```") and all(
            ATTACKS[kind] in told for kind in ("short", "link", "mathematics", "sql")
        )
        assert hostile.owned(page) == [] and page.locator("mjx-container").count() == 0


def test_one_page_leads_to_the_next_and_back(read):
    with read("notebooks/03_silver.html") as page:
        page.locator("a.next-page").click()
        page.wait_for_url("**/notebooks/04_summary.html")
        page.locator("a.prev-page").click()
        page.wait_for_url("**/notebooks/03_silver.html")


def test_a_click_copies_a_cell_and_outputs_have_no_button(read):
    (first, *_) = [
        cell.source
        for cell in nbformat.read(ROOT / "notebooks/03_silver.ipynb", as_version=4).cells
        if cell.cell_type == "code"
    ]
    with read("notebooks/03_silver.html") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator(".highlight:has(button.copybtn)").first.hover()
        page.locator("button.copybtn").first.click()
        page.locator("button.copybtn.success").wait_for()
        assert page.evaluate("() => navigator.clipboard.readText()").strip() == first
        assert page.locator("div.output button.copybtn").count() == 0


def test_an_answer_opens_with_a_click_and_by_the_link_from_its_exercise(read):
    with read("solutions/03_silver.html") as page:
        fold = page.locator("details.fold").first
        inside = fold.locator("pre").first
        assert not inside.is_visible()
        fold.locator("summary").click()
        assert inside.is_visible()
    with read("notebooks/03_silver.html") as page:
        page.get_by_role("link", name="Our answer to 03.2").click()
        page.wait_for_url("**/solutions/03_silver.html#answer-03-2")
        opened = page.locator("details.fold[open]")
        opened.wait_for()
        assert opened.locator("summary").inner_text() == "Our answer to 03.2"


CONTRASTS = """() => {
    const light = colour => {
        const part = colour.match(/[\\d.]+/g).slice(0, 3).map(each => each / 255)
            .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
        return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
    };
    const behind = each => {
        const colour = getComputedStyle(each).backgroundColor;
        return /, 0\\)|transparent/.test(colour) && each.parentElement ? behind(each.parentElement) : colour;
    };
    const contrast = each => {
        const style = getComputedStyle(each);
        const [low, high] = [light(each.closest('svg') ? style.fill : style.color), light(behind(each))]
            .sort((one, other) => one - other);
        return (high + 0.05) / (low + 0.05);
    };
    return Object.fromEntries(Object.entries({
        text: 'article p', code: '.highlight-python .highlight span', output: '.output pre', cell: '.output td',
        head: '.output th', fold: 'details.fold > summary', link: 'article p a', axis: '.js-plotly-plot .xtick text',
    }).map(([name, where]) => [name, Math.min(...[...document.querySelectorAll(where)].map(contrast))]));
}"""
"""Of each kind of text the contrast with what is behind it, by the formula of WCAG 2; of its worst place."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_can_be_read(read, theme):
    with read("notebooks/03_silver.html") as page:
        page.evaluate(f"() => {{ document.body.dataset.theme = '{theme}' }}")
        page.locator("button.folds").click()
        page.locator(".figure").first.scroll_into_view_if_needed()
        page.locator(".js-plotly-plot .xtick text").first.wait_for()
        contrasts = page.evaluate(CONTRASTS)
    assert contrasts.pop("axis") > 3.5 and min(contrasts.values()) > 4.5, contrasts


@pytest.mark.parametrize("width", [800, 1280])
@pytest.mark.parametrize("name", ["index", "notebooks/09_watermarks", "notebooks/11_performance", "notebooks/glossary"])
def test_pages_fit_their_window(read, name, width):
    with read(f"{name}.html", width=width) as page:
        if page.locator("button.folds").count():
            page.locator("button.folds").click()
        assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width


def test_a_figure_that_is_wider_than_a_small_window_takes_the_room_that_there_is(read):
    with read("notebooks/11_performance.html", width=800) as page:
        page.locator("button.folds").click()
        figures = page.locator(".figure")
        for place in range(figures.count()):
            figures.nth(place).scroll_into_view_if_needed()
            figures.nth(place).locator(".main-svg").first.wait_for()
        sizes = page.evaluate(
            "() => [...document.querySelectorAll('.figure')].map(e => [e.scrollWidth, e.clientWidth])"
        )
        assert len(sizes) == 3 and all(inside <= room for inside, room in sizes), sizes
