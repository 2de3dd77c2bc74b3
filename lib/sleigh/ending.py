"""How a process of ours ends."""

import atexit
import contextlib
import os
import sys


def leave(code):
    """End this process with exit code `code`, when all is done; does not return.

    Python's own last work is done. That of the libraries in C++ is left out: one time in eighty pyarrow's threads are still
    there then, and C++ ends a process in which that happens with SIGABRT ("terminate called without an active exception"),
    so that whoever started it takes a run that was right for a failed one.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
                stream.flush()
    os._exit(code)
