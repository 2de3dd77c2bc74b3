"""The stops as a graph: an edge where two of them are within reach, its weight the metres between them.

networkx, on one machine: 117 cities have 6,786 pairs. A graph that fits into memory is nothing for Spark, see lesson 21.
"""

import networkx as nx
import numpy as np

from ...errors import SleighError


def within(names, metres, reach_km):
    """The graph of stops `names` (unique) whose edges are the legs up to reach_km; metres as in solver.py."""
    graph = nx.Graph()
    graph.add_nodes_from(names)
    one, other = np.nonzero(np.triu(metres <= 1000 * reach_km, 1))
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        graph.add_edge(names[a], names[b], metres=int(metres[a, b]))
    return graph


def parts(graph):
    """The connected components: lists of names, each sorted, the largest first, of equal ones the first by name."""
    return sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part))


def require_connected(graph):
    """Raise SleighError unless every stop can be reached from every other."""
    found = parts(graph)
    if len(found) > 1:
        sizes = ", ".join(str(len(part)) for part in found[:5]) + (", ..." if len(found) > 5 else "")
        raise SleighError(
            f"no route visits all stops: they fall into {len(found)} parts ({sizes} stops), and nothing leads from "
            f"{found[0][0]} to {found[1][0]}: allow longer legs, or plan a route for each part"
        )


def way(graph, start, end):
    """(metres, names) of the shortest way from `start` to `end` along the edges. Raises SleighError if there is none."""
    for name in (start, end):
        if name not in graph:
            raise SleighError(f"there is no stop {name!r} in this graph")
    try:
        found, names = nx.single_source_dijkstra(graph, start, end, weight="metres")
    except nx.NetworkXNoPath:
        raise SleighError(f"nothing leads from {start} to {end}: allow longer legs") from None
    return int(found), names


def reach_needed(names, metres):
    """The shortest reach in km, rounded up, with which the graph is connected: the longest edge of the shortest tree."""
    if len(names) < 2:
        return 0
    far = within(names, metres, metres.max())
    longest = max((data["metres"] for _, _, data in nx.minimum_spanning_edges(far, weight="metres")), default=0)
    return -(-longest // 1000)
