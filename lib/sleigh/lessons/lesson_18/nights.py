"""The two nights of lesson 18, as prepare() takes them. What is in them the lesson finds out: read on afterwards.

Both are whole nights of 150,000 messages with the usual faults, and half of the deliveries are served by the new routing.
"""

_WHOLE = {"minutes": 1500, "rate": 100, "every": 21_600}

FIRST = {**_WHOLE, "faults": {"swallowed": 0.4}}
"""The new routing changes nothing, and two fifths of its delays it reports with a status that no rule knows."""

SECOND = {**_WHOLE, "faults": {"experiment": 0.1}}
"""That is mended, and now it spares its deliveries a tenth of their delays."""
