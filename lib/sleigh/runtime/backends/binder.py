"""Binder: this machine is a container with one processor and 2 GB, for JupyterLab and whatever lessons are open in it.

binder/start says so to whatever runs in a session.
"""

from types import MappingProxyType

from . import local


class Backend(local.Backend):
    settings = MappingProxyType(
        {
            "spark.master": ("local[1]", "one processor: a second task would wait for the first, and hold its memory"),
            "spark.driver.memory": ("512m", "two lessons that are open at once must fit in 2 GB; Spark wants 450 MB"),
            "spark.driver.defaultJavaOptions": (
                "-XX:MinHeapFreeRatio=15 -XX:MaxHeapFreeRatio=30",
                "the heap grows when less than 15 % of it is free, not 40 %, and gives back what is more than 30 %",
            ),
        }
    )
