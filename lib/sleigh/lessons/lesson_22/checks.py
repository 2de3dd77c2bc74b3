"""The questions of the exam. Importing this registers them: predictions.py has ten, functions.py and writing.py ten of code.

A prediction counts one point and code two. An exam says less than an exercise: of a prediction which part is not right, of
code which case it fails, and neither what was expected nor what came.
"""

from . import functions, predictions, writing

__all__ = ["functions", "predictions", "writing"]
