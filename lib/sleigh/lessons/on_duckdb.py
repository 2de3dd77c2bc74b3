"""Asks DuckDB what a learner wrote in SQL, over tables of the check's own."""

import re
import threading

from . import attempt
from .attempt import Wrong


def ask(query, tables):
    """What `query` gives, a pyarrow Table. tables: {name: pyarrow Table}, one of which it must ask. Times are UTC.

    Raises Wrong, one line, for what DuckDB refuses, for what gives no rows, and after CALL_SECONDS. In the midst of a query
    DuckDB obeys nothing but an interrupt from another thread: an exception that a signal raises makes it wait for ever.
    """
    import duckdb

    seconds = attempt.CALL_SECONDS
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        for name, table in tables.items():
            db.register(name, table)
        late = threading.Timer(seconds, db.interrupt)
        late.start()
        try:
            made = db.sql(query)
            if made is None:
                raise Wrong("that gives no rows: the answer is one SELECT.")
            found = made.to_arrow_table()
        except duckdb.InterruptException:
            raise Wrong(f"your query was stopped after {seconds:g} seconds: does it ever end?") from None
        except duckdb.Error as error:
            raise Wrong(f"DuckDB refuses it: {str(error).splitlines()[0]}") from None
        finally:
            late.cancel()
    if not any(re.search(rf"\b{name}\b", query, re.IGNORECASE) for name in tables):
        raise Wrong(f"it asks no table called {' or '.join(tables)}: rows that somebody has typed are no answer.")
    return found
