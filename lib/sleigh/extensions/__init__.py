"""Extensions of the pipeline: what lessons 14 and later build, a folder each, so that a team can take one.

The door of each (its __init__.py) has

    STAGES           {stage: [Stream, ...]}, as pipeline.stages has them; a source is any table of the lake
    TRIGGERS         {table: seconds between two looks at its source}, for live mode
    prepare(spark)   makes what its streams need and no stream makes (a model, say); safe to call again
    audit(spark)     its line in the ledger, an Audit
    FEEDS            names of landing.FEEDS that its streams read beside the pipeline's tables; most have none

and, if it has anything to run beside its streams,

    beside(lake)     a context manager that runs it on the lake at folder `lake`; its end waits until what the streams have
                     written is dealt with. After an error it does not wait
    catch_up(lake)   fetches, while that runs, what there is by now of what its streams need from outside; called before
                     they take all there is and stop

It is loaded when it is asked for: the library behind a model takes seconds. What the dashboard shows of it is a query,
serve/queries/extensions/NAME.sql.
"""

from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path

from ..errors import SleighError

NAMES = tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/__init__.py")))
"""What there is, sorted."""


def load(names):
    """{name: door} of the extensions `names`, in this order. Raises SleighError for one that there is not."""
    for name in names:
        if name not in NAMES:
            raise SleighError(f"there is no extension {name!r}; there are {', '.join(NAMES)}")
    return {name: import_module(f".{name}", __name__) for name in names}


def stages(names):
    """Their stages one after the other, as pipeline.run and live.start take them."""
    return {stage: streams for door in load(names).values() for stage, streams in door.STAGES.items()}


def begun(lake):
    """The streams of extensions that have a checkpoint in the lake at folder `lake`, each a pipeline.stages.Stream."""
    from .. import runtime
    from ..pipeline import STREAMS

    kept = {path.name for path in (Path(lake) / runtime.CHECKPOINTS).glob("*")} - set(STREAMS)
    here = [name for name in NAMES if kept & _tables(name)]  # only these are loaded
    return [each for stage in stages(here).values() for each in stage if each.target.name in kept]


def _tables(name):
    """The names of its tables, which are in the module of tables that has its name."""
    from ..tables import Table

    return {
        value.name for value in vars(import_module(f"..tables.{name}", __name__)).values() if isinstance(value, Table)
    }


def feeds(names):
    """The feeds that they read, names of landing.FEEDS, each once."""
    return tuple(dict.fromkeys(feed for door in load(names).values() for feed in getattr(door, "FEEDS", ())))


def prepare(spark, names):
    """Make what the streams of the extensions `names` need and no stream makes."""
    for door in load(names).values():
        door.prepare(spark)


@contextmanager
def beside(names, lake):
    """Run what the extensions `names` have beside their streams until the block ends, on the lake at folder `lake`."""
    with ExitStack() as running:
        for door in load(names).values():
            if hasattr(door, "beside"):
                running.enter_context(door.beside(lake))
        yield


def catch_up(names, lake):
    """Let the extensions `names` fetch what there is by now outside, for the lake at folder `lake`."""
    for door in load(names).values():
        if hasattr(door, "catch_up"):
            door.catch_up(lake)


def audit(spark, names, ledger):
    """Add the line of each of the extensions `names` to a Ledger. Returns it."""
    ledger.extensions += [door.audit(spark) for door in load(names).values()]
    return ledger
