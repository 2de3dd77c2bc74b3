"""A stand-in for a notebook on Databricks serverless compute, as near as that can be had offline.

The server is Spark's own Connect server, with Delta (server.py). Between it and the client each request is looked through
(refusing.py), and what tools/refusals.py has from public documentation is refused with the error that users quote
(errors.py). notebook.py puts that into a process as a notebook finds it: `spark`, `dbutils`, a volume that is a folder,
another time zone, another working directory. lessons.py runs the course's notebooks there.

What it cannot show: how the catalog grants rights, what the real service limits in time and memory, its own optimiser and
file layout, and whatever the documentation does not say.
"""
