"""The night, simulated with numpy: no Spark, and nothing of the lake."""
