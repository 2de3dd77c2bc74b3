"""What a micro-batch costs: the phases that its time goes into, and the jobs and tasks that Spark runs for it.

Times differ from run to run and from machine to machine; jobs, tasks and files do not, so they can be compared and tested.
"""

import json
import re

from .. import runtime
from ..errors import SleighError

PHASES = ("latestOffset", "getBatch", "queryPlanning", "walCommit", "addBatch", "commitOffsets")
"""The phases of a micro-batch by Spark's names, in their order: what is new, up to where it shall go, the plan; note what
is planned in the checkpoint (offsets/), run and commit it, note in the checkpoint that it ended (commits/)."""


def phases(report):
    """Milliseconds of each of PHASES in one micro-batch, from its StreamingQueryProgress, and the rest as "other"."""
    spent = json.loads(report.json)["durationMs"]
    named = {name: spent.get(name, 0) for name in PHASES}
    return named | {"other": max(0, spent.get("triggerExecution", 0) - sum(named.values()))}


def jobs(spark, query):
    """The jobs that Spark has run for a streaming query which has ended, as dicts: what, tasks, read, written, ms.

    what: Delta's words for what it does beside, to a table's log or files; None for jobs that nobody has given a name, those
    that move the query's own rows among them. read, written: rows, over all stages; of the log they are its actions.
    ms: how long it took. In the order in which they began.
    Raises SleighError where Spark is not in this process: the book it keeps of its jobs is not to be read there.
    """
    if not runtime.backend().own_machine:
        raise SleighError("jobs can be listed on this machine only: elsewhere look into Spark's own page, under Jobs")
    context = spark.sparkContext._jsc.sc()
    context.listenerBus().waitUntilEmpty(10_000)  # the book is kept by a thread of its own
    book = context.statusStore()
    kept = book.jobsList(None)
    mine = [job for job in map(kept.apply, range(kept.size())) if _text(job.jobGroup()) == str(query.runId)]
    return [_told(book, job) for job in sorted(mine, key=lambda job: job.jobId())]


def _told(book, job):
    stages = [book.lastStageAttempt(job.stageIds().apply(place)) for place in range(job.stageIds().size())]
    named = re.search(r"(?:\bbatch = \d+: |<br/>)(?!id = )(?P<what>[^\n]+)$", _text(job.description()) or "")
    return {
        "what": named["what"] if named else None,
        "tasks": job.numTasks(),
        "read": sum(stage.inputRecords() for stage in stages),
        "written": sum(stage.outputRecords() for stage in stages),
        "ms": job.completionTime().get().getTime() - job.submissionTime().get().getTime(),
    }


def _text(option):
    """What is in one of Scala's options, as text, or None."""
    return str(option.get()) if option.isDefined() else None
