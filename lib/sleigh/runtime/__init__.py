"""Where the course runs, its Spark session, and the lake that is open: the door to the modules of this folder.

sessions: the Spark session. lakes: the lake that is open and its tables. claims: which process may run a lake's streams.
logs: whether the log of a table is whole.
jvm, environment, profile: the JVM, and how it is set. jars, install: what set-up does once. doctor: is all there?
backends: one module for each place to run. What differs between places is a method or an attribute of `backend()`;
nobody outside this folder asks where we are.
"""

from ..java import java_version, require_java
from .claims import LakeTaken, claim, release
from .folders import CHECKPOINTS, EXTENSIONS, LIVE, MODELS, SCRATCH, TRUTH
from .jvm import launch_jvm
from .lakes import (
    checkpoint,
    create_files,
    create_table,
    has_table,
    is_open,
    lake,
    open_lake,
    read,
    remove_lake,
    require_table,
    scan,
)
from .logs import require_whole as require_whole_log
from .place import backend
from .sessions import is_running, session, stop

__all__ = [
    "CHECKPOINTS",
    "EXTENSIONS",
    "LIVE",
    "MODELS",
    "SCRATCH",
    "TRUTH",
    "LakeTaken",
    "backend",
    "checkpoint",
    "claim",
    "create_files",
    "create_table",
    "has_table",
    "is_open",
    "is_running",
    "java_version",
    "lake",
    "launch_jvm",
    "open_lake",
    "read",
    "release",
    "remove_lake",
    "require_java",
    "require_table",
    "require_whole_log",
    "scan",
    "session",
    "stop",
]
