"""How Sphinx builds the book for tools/book.py. Nothing here may ask another machine, also not when a page is read."""

from importlib.util import find_spec
from pathlib import Path

project = "Santa's Lakehouse"
html_title = project
language = "en"
highlight_language = "text"  # of what does not say
root_doc = "index"

extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions = ["html_image"]  # GitHub's way to give a picture a width
myst_heading_anchors = 4
copybutton_selector = "div:not(.output) > div.highlight > pre"

html_theme = "furo"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"

PLOTLY = Path(find_spec("plotly").origin).parent / "package_data/plotly.min.js"
html_static_path = ["book.css", "book.js", str(PLOTLY)]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_favicon = "favicon.svg"

# The pages' sources are notebooks, and in the repository.
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
