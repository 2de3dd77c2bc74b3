"""Write data/land.json, the outline of the continents that the maps are drawn on. For authors; needs no network itself.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/make_land.py package/land-110m.json

The file is TopoJSON (github.com/topojson/topojson-specification): the coast lines are "arcs" of whole numbers, each
point given as a step from the one before, which a scale and a translation turn into degrees. Polygons refer to arcs.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from sleigh.serve.land import WEST

TARGET = Path(__file__).resolve().parents[1] / "data" / "land.json"
SOUTH = -60  # Antarctica lies below, and nobody there has ordered anything
TOLERANCE = 0.7  # degrees; a pixel or two on a map 800 pixels wide
SMALLEST = 3.0  # square degrees; smaller islands are a few pixels


def rings(topology):
    """The outer and inner boundaries of all polygons, as lists of (longitude, latitude) in degrees."""
    arcs = [_degrees(arc, **topology["transform"]) for arc in topology["arcs"]]
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            for ring in polygon:
                points = []
                for number in ring:  # ~n is arc n walked backwards; an arc begins where the one before it ended
                    arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                    points += arc[1:] if points else arc
                yield points


def _degrees(arc, scale, translate):
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append((x * scale[0] + translate[0], y * scale[1] + translate[1]))
    return points


def whole(ring):
    """A ring that crosses the date line, in one piece: on the side of it where it does not cross the map's left edge."""
    turned, shift = [], 0
    for (x, y), (before, _) in zip(ring, [ring[0], *ring], strict=False):
        shift += 360 * (before - x > 180) - 360 * (x - before > 180)
        turned.append((x + shift, y))
    away = 360 if min(x for x, _ in turned) < WEST else 0
    return [(x + away, y) for x, y in turned]


def area(ring):
    """Square degrees inside a ring, by the shoelace formula."""
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def simplified(line, tolerance=TOLERANCE):
    """The line without the points that lie within `tolerance` of it (Douglas and Peucker, 1973)."""
    if len(line) < 3:
        return line
    (x1, y1), (x2, y2) = line[0], line[-1]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5

    def away(point):
        if not length:
            return ((point[0] - x1) ** 2 + (point[1] - y1) ** 2) ** 0.5
        return abs((x2 - x1) * (y1 - point[1]) - (x1 - point[0]) * (y2 - y1)) / length

    far = max(range(1, len(line) - 1), key=lambda i: away(line[i]))
    if away(line[far]) <= tolerance:
        return [line[0], line[-1]]
    return simplified(line[: far + 1], tolerance)[:-1] + simplified(line[far:], tolerance)


def main(path):
    """Read land-110m.json and write TARGET: a list of rings, each a list of [x, latitude], degrees; x is the map's."""
    found = [whole(ring) for ring in rings(json.loads(Path(path).read_text()))]
    found = [simplified(ring) for ring in found if area(ring) >= SMALLEST and max(y for _, y in ring) > SOUTH]
    land = [[[round(x, 1), round(y, 1)] for x, y in ring] for ring in found]
    lines = ",\n".join(json.dumps(ring, separators=(",", ":")) for ring in land)
    TARGET.write_text(f"[\n{lines}\n]\n")
    print(f"{len(land)} rings, {sum(map(len, land)):,} points, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
