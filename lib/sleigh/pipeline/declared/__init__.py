"""The pipeline, declared: tables and what they are computed from, and Spark finds the order and starts the streams.

The declaration itself is databricks/pipeline, one text for Lakeflow on Databricks and for Spark's own `spark-pipelines`.
definitions.py is what its files are written with; updates.py runs it from Python, as `spark-pipelines` does.
"""
