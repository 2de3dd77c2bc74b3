"""Landing: what the sleigh's radio sends, as commits of the landing table, and beside them the truth of what was sent.

write.py lands messages, sent.py keeps their truth, fill.py does both for minutes of the night, and producer.py for a night
as it happens, in a process of its own.
"""

from .fill import generate
from .sent import keep_truth, require_night, shown, truth
from .write import PRODUCER, TABLE, append_files, begin, land, landed_seconds, with_ingestion_date

__all__ = [
    "PRODUCER",
    "TABLE",
    "append_files",
    "begin",
    "generate",
    "keep_truth",
    "land",
    "landed_seconds",
    "require_night",
    "shown",
    "truth",
    "with_ingestion_date",
]
