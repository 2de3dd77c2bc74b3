"""The anchors of headings in Markdown, for links into a page or a lesson."""

import re


def anchor(heading):
    """The name by which GitHub and the book lead to a heading with this text."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
