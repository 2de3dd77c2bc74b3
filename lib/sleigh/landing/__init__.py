"""Landing: what the sleigh's radio sends, as commits of the landing table, and beside them the truth of what was sent.

write.py lands messages, sent.py keeps their truth, fill.py does both for minutes of the night, and producer.py for a night
as it happens, in a process of its own. feeds.py has what comes beside the messages, in landing tables of its own.
"""

from .feeds import FEEDS, sender
from .feeds import check as check_feeds
from .feeds import truth as feed_truth
from .fill import generate
from .sent import keep_truth, night_of, require_night, shown, truth, truth_parts
from .write import PRODUCER, TABLE, append_files, begin, land, landed_seconds, last_second, with_ingestion_date

__all__ = [
    "FEEDS",
    "PRODUCER",
    "TABLE",
    "append_files",
    "begin",
    "check_feeds",
    "feed_truth",
    "generate",
    "keep_truth",
    "land",
    "landed_seconds",
    "last_second",
    "night_of",
    "require_night",
    "sender",
    "shown",
    "truth",
    "truth_parts",
    "with_ingestion_date",
]
