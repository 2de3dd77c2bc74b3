"""Where the repository is, and what is read from it or written to it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
"""The reference data: cities.csv and land.json; their sources are in data/README.md."""
