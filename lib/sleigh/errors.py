"""The one exception that is meant for the reader: a single line that says what to do."""


class SleighError(Exception):
    """Something that the user can mend. The text is one line: what is wrong and what to type."""
