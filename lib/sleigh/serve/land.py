"""The outline of the continents, for maps with longitude as x and latitude as y, drawn without a network."""

import json
from functools import cache

from ..paths import DATA

WEST = -169
"""The map's left edge in degrees, in the Bering Strait. A cut at the date line would go through Siberia and through the
Pacific islands, where the night begins."""

X_AXIS = {"range": [WEST - 8, WEST + 368], "visible": False}  # a dot at the edge stays whole
Y_AXIS = {"range": [-58, 84], "visible": False}


def x(longitude):
    """Where a longitude (degrees) is on the map: what lies west of its left edge comes back at the right."""
    return longitude + 360 if longitude < WEST else longitude


@cache
def land():
    """The coast lines as a list of rings, each a list of [x, latitude] in degrees, x as above; the south ends at -60.

    From data/land.json; the source is Natural Earth, see data/README.md.
    """
    return json.loads((DATA / "land.json").read_text())


def shape(color="rgba(128, 128, 128, 0.28)", x_range=X_AXIS["range"], y_range=Y_AXIS["range"]):
    """The land as one plotly layout shape below the traces. One string: a notebook stores a list one line a number.

    x_range, y_range: what the map shows, [from, to] in degrees; rings that lie outside of it are left out.
    """
    shown = [ring for ring in land() if all(map(_meet, zip(*ring, strict=True), (x_range, y_range)))]
    path = "".join("M" + "L".join(f"{x:g},{y:g}" for x, y in ring) + "Z" for ring in shown)
    return {"type": "path", "path": path, "fillcolor": color, "line": {"width": 0}, "layer": "below"}


def _meet(values, limits):
    return min(values) <= limits[1] and max(values) >= limits[0]
