"""Make a page to print of notebooks/cheatsheet.md: one side of A4.

    python tools/cheatsheet.py        writes build/cheatsheet.html; open it in a browser, and print it

Nothing is fetched: the style is in the page, and its links lead to the lessons beside the page that it is made of.
"""

import sys
from pathlib import Path

import mistune  # with nbconvert, which is JupyterLab's

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "notebooks" / "cheatsheet.md"

STYLE = """\
@page { size: A4; margin: 8mm 9mm; }
body { font: 9pt/1.22 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; color: #111; margin: 0; }
main { column-count: 2; column-gap: 6mm; column-rule: .5pt solid #bbb; }
h1 { column-span: all; font-size: 15pt; margin: 0 0 1mm; }
h2 { font-size: 10.5pt; margin: 2.2mm 0 .8mm; border-bottom: .7pt solid #14466b; color: #14466b; break-after: avoid; }
p, ul, ol { margin: 0 0 1mm; } ul, ol { padding-left: 4mm; } li { margin: 0 0 .3mm; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.2mm; break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: .25mm 1.6mm .25mm 0; border-bottom: .4pt solid #ccc; }
th { border-bottom-color: #555; }
code { font: 9pt "DejaVu Sans Mono", Menlo, Consolas, monospace; letter-spacing: -.06em; overflow-wrap: break-word; }
a { color: inherit; text-decoration: none; border-bottom: .4pt dotted #14466b; }
@media screen { body { max-width: 190mm; margin: 8mm auto; } }
"""


def html(text):
    """The page as HTML. text: its Markdown."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Watermarks and state on a page</title>'
        f'<base href="{PAGE.parent.as_uri()}/"><style>\n{STYLE}</style></head>\n'
        f"<body><main>\n{mistune.html(text)}</main></body></html>\n"
    )


def main(target=ROOT / "build" / "cheatsheet.html"):
    """Write the page. Returns the exit code."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(html(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{target}: open it in a browser and print it, on A4")
    return 0


if __name__ == "__main__":
    sys.exit(main())
