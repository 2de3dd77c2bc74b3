"""The night as it happens: a producer process and a stream for each table, started, watched, mended and stopped together.

Every part may die and be started again: the producer goes on where the landing stopped, a stream where its checkpoint is.
"""

from .report import line, status
from .run import Live, check, has_ended, restart, start, stop

__all__ = ["Live", "check", "has_ended", "line", "restart", "start", "status", "stop"]
