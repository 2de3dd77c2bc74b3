"""Last year's night, on which a lake's first model is trained: another seed of the simulator stands for it.

A team reads its own history here.
"""

from ...pipeline import bronze
from ...pipeline import silver as pipeline_silver
from ...simulator.night import night

SEED, RATE = 2025, 30


def silver(spark):
    """The silver rows of a whole night, a batch DataFrame, through the pipeline's own functions; nothing is written."""
    events = night(1500, rate=RATE, seed=SEED).events
    return pipeline_silver.clean_batch(bronze.ingest(spark.createDataFrame(events)))
