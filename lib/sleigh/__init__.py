"""The helper library of Santa's Lakehouse, a notebook course on Spark Structured Streaming and Delta Lake."""
