"""The errors with which the stand-in refuses, one for each kind of tools/refusals.py, as Spark Connect raises them.

Which class an error comes in, public texts seldom say. AnalysisException is attested for NOT_SUPPORTED_WITH_SERVERLESS
(https://github.com/mlverse/pysparklyr/pull/127); CONFIG_NOT_AVAILABLE comes out of the client's config call
(https://github.com/databrickslabs/dbldatagen/issues/316). PIPELINES_NOT_SUPPORTED is a PySparkException in the code of
databricks-connect. Where REFUSALS has no error, the one here is ours, with UNATTESTED in its place.
"""

from pyspark.errors.exceptions.base import PySparkException
from pyspark.errors.exceptions.connect import AnalysisException
from refusals import REFUSALS

UNATTESTED = "STANDIN_UNATTESTED"

_OURS = {
    "data sources": f"[{UNATTESTED}] {{what}} is none of the data sources of serverless compute",
    "state reader": f"[{UNATTESTED}] {{what}} cannot be read on serverless compute",
    "checkpoints elsewhere": f"[{UNATTESTED}] the checkpoint {{what}} is not in a volume",
}

_NAMED = {
    "timed triggers": ("ProcessingTime", "0A000"),
    "caching": ("PERSIST TABLE", "0A000"),
    "global views": ("GLOBAL TEMPORARY VIEW", "0A000"),
    "settings": ("{name}", "42K0I"),
    "table folders": ("{path}", "22023"),
}
"""Kind -> what its error names in REFUSALS, in place of which `what` is named, and the SQLSTATE."""

RAISED_BY_SPARK = {"classic session"}
"""Kinds that the client of Spark Connect refuses by itself."""


def refusal(kind, what):
    """The exception that refuses `what`, a thing of `kind`."""
    text = _OURS.get(kind)
    state = ""
    if text:
        text = text.format(what=what)
    else:
        text = REFUSALS[kind].error
        named, state = _NAMED.get(kind, ("", ""))
        text = text.replace(named, what) if named else text
    if kind == "declared pipelines":
        return PySparkException(message=text)
    condition = text[1 : text.index("]")]
    if state and "SQLSTATE" not in text:
        text += f" SQLSTATE: {state}"
    return AnalysisException(message=text, errorClass=condition, sql_state=state or None)


def not_there(path):
    """Spark's own error for a path outside volumes: the server is another machine than the notebook's Python."""
    return AnalysisException(message=f"[PATH_NOT_FOUND] Path does not exist: {path}. SQLSTATE: 42K03")
