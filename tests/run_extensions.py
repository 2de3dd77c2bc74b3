"""The streams of some extensions, side by side, in a process of their own: what trials.extensions_killed kills.

PYTHONPATH=lib python tests/run_extensions.py NAME,NAME LAKE SINK     says "begun" on stdout, and "ended" at its end
"""

import itertools
import sys

from sleigh import extensions, pipeline, runtime

OUTSIDE = {"weather_join"}
"""Extensions whose processes are not started beside the streams: what they fetch has landed before."""


def at_once(names):
    """The stages of the extensions `names`, as pipeline.run takes them: first ones together, then what reads from those."""
    doors = extensions.load(names).values()
    together = itertools.zip_longest(*[door.STAGES.values() for door in doors], fillvalue=[])
    return {str(place): [stream for stage in stages for stream in stage] for place, stages in enumerate(together)}


def run(spark, names, **how):
    """Run the streams over all there is, with what the extensions have beside them, to its end."""
    with extensions.beside([name for name in names if name not in OUTSIDE], runtime.lake()):
        pipeline.run(spark, stages=at_once(names), **how)


def main(names, lake, sink):
    """Open the lake and run them."""
    names = names.split(",")
    spark = runtime.session(lake)
    extensions.prepare(spark, names)
    run(spark, names, sink=sink, files_per_batch=1, on_stage=lambda stage: print("begun", flush=True))
    print("ended", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
