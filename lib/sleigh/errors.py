"""The one exception that is meant for the reader: a single line that says what to do."""


class SleighError(Exception):
    """Something that the user can mend. The text is one line: what is wrong and what to type."""


def first_line(said, length=300):
    """The first line of what an error (or its text) says that is not blank, cut to `length` characters; "" if there is none.

    The errors of Spark and of Python workers go on for pages: plans, stack traces, the JVM's own.
    """
    lines = (line.strip() for line in str(said).splitlines())
    return next((line for line in lines if line), "")[:length]
