"""Looks through each request of a Spark Connect client before it is sent, and refuses what serverless compute refuses.

All that a session is asked for goes this way, whichever method of the client was called. The functions of foreachBatch run
in processes of the server; what they ask for is refused there, too (see workers/).
"""

import re
import shutil
from pathlib import Path

import grpc
from refusals import DATA_SOURCES, SETTINGS

from .errors import not_there, refusal

_SQL = (
    (r"^\s*(CACHE\s+TABLE|UNCACHE\s+TABLE|CLEAR\s+CACHE|REFRESH\s+TABLE)", "caching"),
    (r"\b(GLOBAL\s+TEMP\w*\s+VIEW|global_temp\.\w+)", "global views"),
    (r"\b(read_state(?:store|_metadata))\b", "state reader"),
    (r"^\s*CREATE\b[\s\S]*\bLOCATION\s*'([^']*)'", "table folders"),
    (r"\bdelta\.`(/[^`]*)`", "table folders"),
    (r"^\s*SET\s+(spark\.[\w.]+)", "settings"),
)

_CACHING = {"cache_table": "CACHE TABLE", "uncache_table": "UNCACHE TABLE", "clear_cache": "CLEAR CACHE"}
_CACHING |= {"refresh_table": "REFRESH TABLE"}


class Refusing(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """user: whom current_user() names. volumes: the folder that stands for /Volumes."""

    def __init__(self, user, volumes):
        self.user, self.volumes, self.schema = user, Path(volumes), "default"

    def intercept_unary_unary(self, go_on, details, request):
        return go_on(details, self._looked_through(request))

    intercept_unary_stream = intercept_unary_unary

    def _looked_through(self, request):
        for message in messages(request):
            name = message.DESCRIPTOR.full_name.removeprefix("spark.connect.")
            look = _LOOKS.get(name) or getattr(self, f"_look_at_{name.replace('.', '_')}", None)
            if look:
                for kind, what in look(message) or ():
                    raise refusal(kind, what)
        return request

    def _look_at_SqlCommand(self, message):
        yield from self._sql(message, "sql")

    def _look_at_SQL(self, message):
        yield from self._sql(message, "query")

    def _sql(self, message, field):
        text = getattr(message, field)
        if not text:
            return
        for pattern, kind in _SQL:
            found = re.search(pattern, text, re.IGNORECASE)
            if found and not (kind == "settings" and found[1] in SETTINGS):
                yield kind, "GLOBAL TEMPORARY VIEW" if kind == "global views" else " ".join(found[1].split())
        setattr(message, field, self._translated(text))

    def _translated(self, text):
        """SQL that only Databricks has, in the words of Spark; a volume is a folder."""
        quoted = self.user.replace("\\", "\\\\").replace("'", "\\'")
        text = re.sub(r"\bcurrent_user\(\)", lambda _: f"'{quoted}'", text)
        text = re.sub(r"^\s*USE CATALOG", "SET CATALOG", text)
        if found := re.match(r"USE SCHEMA `?(\w+)", text):
            self.schema = found[1]
        if found := re.match(r"DROP SCHEMA `?(\w+)", text):
            shutil.rmtree(self.volumes / "spark_catalog" / found[1], ignore_errors=True)
        if found := re.match(r"CREATE VOLUME IF NOT EXISTS (\w+)", text):
            (self.volumes / "spark_catalog" / self.schema / found[1]).mkdir(parents=True, exist_ok=True)
            return "SELECT 'OK'"
        return text

    def _look_at_WriteStreamOperationStart(self, message):
        trigger = message.WhichOneof("trigger")
        if trigger not in ("available_now", "once"):
            names = {"continuous_checkpoint_interval": "Continuous", "real_time_batch_duration": "RealTime"}
            yield "timed triggers", names.get(trigger, "ProcessingTime")
        for_each = message.HasField("foreach_batch") or message.HasField("foreach_writer")
        if message.format and not for_each and message.format.lower() not in DATA_SOURCES:
            yield "data sources", message.format
        checkpoint = message.options.get("checkpointLocation", "")
        if not self._in_a_volume(checkpoint):
            yield "checkpoints elsewhere", repr(checkpoint)
        self._require_volume(message.path, message.options.get("path"))

    def _look_at_Read_DataSource(self, message):
        if message.format in ("statestore", "state-metadata"):
            yield "state reader", message.format
        elif message.format and message.format.lower() not in DATA_SOURCES:
            yield "data sources", message.format
        paths = [*message.paths, message.options.get("path")]
        for path in paths:
            if path and re.search(r"/spark-warehouse/", path):
                yield "table folders", path
        self._require_volume(*paths)

    def _look_at_WriteOperation(self, message):
        if message.source and message.source.lower() not in DATA_SOURCES:
            yield "data sources", message.source
        self._require_volume(message.path, message.options.get("path"))

    def _in_a_volume(self, path):
        path = Path(path.removeprefix("dbfs:"))
        return path.is_relative_to(self.volumes) and ".." not in path.parts

    def _require_volume(self, *paths):
        for path in paths:
            if path and "://" not in path and not self._in_a_volume(path):
                raise not_there(path)


def _config(message):
    names = [pair.key for pair in message.pairs] if hasattr(message, "pairs") else message.keys
    if not getattr(message, "silent", False):  # the client's own, which a server may pass over
        yield from (("settings", name) for name in names if name not in SETTINGS)


def _analyze(message):
    if message.WhichOneof("analyze") in ("persist", "unpersist"):
        yield "caching", f"{message.WhichOneof('analyze').upper()} TABLE"


def _catalog(message):
    if message.WhichOneof("cat_type") in _CACHING:
        yield "caching", _CACHING[message.WhichOneof("cat_type")]


def _view(message):
    if message.is_global:
        yield "global views", "GLOBAL TEMPORARY VIEW"


def _checkpoint(message):
    if message.local:
        yield "caching", "LOCAL CHECKPOINT"


_LOOKS = {
    "ConfigRequest.Set": _config,
    "ConfigRequest.Unset": _config,
    "AnalyzePlanRequest": _analyze,
    "Catalog": _catalog,
    "CreateDataFrameViewCommand": _view,
    "CheckpointCommand": _checkpoint,
}
"""Name of a message -> function that yields (kind, what) of each refusal in it."""


def messages(message):
    """`message` and all messages in it."""
    yield message
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            value = [entry for entry in value.values() if hasattr(entry, "ListFields")]
        elif not field.is_repeated:
            value = [value]
        for part in value:
            yield from messages(part)
