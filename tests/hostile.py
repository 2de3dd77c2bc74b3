"""Text that wants to be more than text: what a message's fields may hold to attack whoever shows, reads or runs it.

Whatever runs leaves a mark: `own(page)` has it ready, `owned(page)` says which fields left theirs. The kinds are those of
OWASP's Cross-Site Scripting Filter Evasion and CSV Injection pages, and of Unicode's Technical Report 36.
"""

import helpers
from pyspark.sql.types import StringType
from sleigh.tables import EVENT

FIELDS = [field.name for field in EVENT if field.dataType == StringType()]
"""Every field of a message that is text."""

FREE = [name for name in FIELDS if name not in ("timestamp", "status")]
"""Those that may say anything and still reach silver, gold and the pages."""

MARK = "owned"
"""A line of JavaScript adds the place of its field in FIELDS to this variable, or something else from another machine."""

STRANGER = "http://192.0.2.66/"
"""RFC 5737: an address that is nobody's."""


def attacks(place):
    """{kind: text} for the field at `place` in FIELDS."""
    run = f"{MARK}+={place}"
    return {
        "short": f"<img src onerror={run}>",
        "script": f"<script>{run}</script>",
        "element": f"<svg/onload={run}><img src='{STRANGER}'><iframe srcdoc='<script>parent.{run}</script>'></iframe>",
        "closing": f"--></script></style></textarea></title></pre></td></table></details><img src=x onerror={run}>",
        "attribute": f'" autofocus onfocus="{run}" onmouseover="{run}" x="1',
        "apostrophe": f"' autofocus onfocus='{run}' onmouseover='{run}' x='1",
        "link": f"<a id=owned href='javascript:{run}'>here</a>",
        "markdown": f"[here](javascript:{run}) ![x]({STRANGER}) ``` <img src=x onerror={run}>",
        "mathematics": rf"$\href{{javascript:{run}}}{{here}}$ \(\unicode{{x41}}\) $$x$$",
        "template": "%{customdata} {{7*7}} ${7*7} {0} %s $(id) `id`",
        "terminal": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b]8;;" + STRANGER + "\x07\x9b31m",
        "turned": "\u202egnihtemos\u202c \u2066x\u2029y\u2028z",
        "broken": "a\0b\rc\r\n\td\x7f",
        "formula": "=cmd|' /C calc'!A0",
        "sql": "'; DROP TABLE silver_santa_deliveries; --",
        "path": "../../../../etc/passwd%2e%2e/\\..\\",
        "long": f"<img src=x onerror={run}>" * 2_000,
    }


KINDS = list(attacks(0))


def text(field, kind):
    """The attack of that kind in that field; of each delivery_id there is one."""
    return attacks(FIELDS.index(field))[kind]


PAINTED = ("short", "script", "closing", "attribute", "link", "turned", "terminal", "mathematics")
"""Kinds that come more often than the others, so that charts of the ten largest draw them."""


def messages():
    """Each kind of attack in all fields of a message that may say anything, then in one field that must not."""
    made = []
    for kind in KINDS:
        for _ in range(3 if kind in PAINTED else 1):
            fields = {name: text(name, kind) for name in FREE}
            fields["delivery_id"] += f" {len(made)}"
            fields |= {"latitude": len(made) - 40.0, "longitude": 4.0 * len(made) - 80}  # on a map each has its place
            made.append(helpers.message(len(made)) | fields)
    for name, rule in (("timestamp", "valid_timestamp"), ("status", "valid_status")):
        for kind in KINDS:
            said = {name: text(name, kind), "city": f"{kind} in {name}"}
            made.append(helpers.message(len(made)) | said | {"_broken": [rule]})
    return made


def own(page):
    """Have the marks ready before anything of the page runs, in all its frames."""
    page.add_init_script(f"window.{MARK} = ''")


def owned(page):
    """The fields whose text ran, or became an element, in any frame of the page; [] if all are text."""
    marks = "".join(frame.evaluate(f"() => window.{MARK} || ''") for frame in page.frames)
    found = [name for place, name in enumerate(FIELDS) if str(place) in marks]
    told = ", ".join(f"[{name}*={MARK}]" for name in ("onerror", "onload", "onfocus", "onmouseover", "srcdoc", "href"))
    became = f"{told}, [id={MARK}], [src^='{STRANGER}']"
    return found + [name for frame in page.frames for name in frame.evaluate(_FOUND, became)]


_FOUND = """(which) => {
    const below = (root) => [...root.querySelectorAll("*")].flatMap(each => [each, ...below(each.shadowRoot || empty)]);
    const empty = document.createDocumentFragment();
    return below(document).filter(each => each.matches(which)).map(each => each.outerHTML.slice(0, 200));
}"""
