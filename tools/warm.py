"""One JVM for a whole run of notebooks: one that has run a lesson runs the next in half the time.

As a plugin of pytest (`-p warm`) for all notebooks that nbval runs; as jvm() for what tools/ runs itself. A notebook needs
no change and knows nothing of it: its session attaches to the JVM that the environment names (sleigh.runtime.jvm).
"""

import contextlib
import os

_opened = contextlib.ExitStack()


@contextlib.contextmanager
def jvm():
    """Keep a JVM running for the processes that are started inside. Raises SleighError as runtime.session does."""
    from sleigh.runtime import jvm as jvms

    if jvms.PORT in os.environ:  # there is one
        yield
        return
    gateway, variables = jvms.launch_jvm(long=True)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        jvms.let_go(gateway)


def pytest_sessionstart(session):
    os.environ.pop("PYTHONPATH", None)  # the notebooks find the library by themselves; hide no mistake there
    os.environ["SLEIGH_PROGRESS"] = "off"  # what they solve nobody has solved
    if not session.config.option.collectonly:
        _opened.enter_context(jvm())


def pytest_sessionfinish():
    _opened.close()
