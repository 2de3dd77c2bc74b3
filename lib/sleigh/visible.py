"""Text from data as a terminal or a page may show it: what would be obeyed instead of shown is written out."""

import unicodedata

_OBEYED = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's control characters (escape, line break, NUL ...), halves of a pair, separators of lines and paragraphs."""

_TURNS = {"\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
"""What turns the direction of the text after it: Bidi_Control of Unicode's PropList.txt."""


def visible(value, longest=None):
    r"""Text in which each such character stands as Python writes it, `\x1b` say; cut to `longest` characters, if given."""
    text = str(value)
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    return "".join(map(_shown, text))


def _shown(character):
    if unicodedata.category(character) in _OBEYED or character in _TURNS:
        return character.encode("unicode_escape").decode()
    return character
