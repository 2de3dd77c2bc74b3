"""What lessons 06, 19 and 21 say of more nights than they can run."""

from . import LESSONS, Section, table


def tenants(results):
    designs = {
        "streams": "a stream for each, seconds",
        "fan-out": "fan-out of one stream",
        "shared": "one table for all",
    }
    seconds = {(run["design"], run["tenants"]): run["seconds"] for run in results["runs"]}
    counts = sorted({run["tenants"] for run in results["runs"]})
    rows = [[count, *(f"{seconds[design, count]:.1f}" for design in designs)] for count in counts]
    most = counts[-1]
    read = min(run["rows_read"] for run in results["runs"])
    return Section(
        "Many tenants",
        f"{most} tenants take {seconds['streams', most]:.0f} s with a stream for each, "
        f"{seconds['shared', most]:.0f} s in one table",
        f"""What a tenant costs beside others ([lesson 19]({LESSONS}/19_tenants.ipynb)): the same {read:,} rows of silver in
{results["commits"]} commits.

{table(["tenants", *designs.values()], rows)}""",
    )


def routes(results):
    tours = [
        [tour["way"], f"{tour['km']:,}", f"{tour['gap_percent']:.2f} %", f"{tour['times_bound']:.3f}"]
        for tour in results["tours"]
    ]
    paths = [
        [f"{path['stops']:,}", path["planned_by"], f"{path['km']:,}", f"{path['stops_per_second']:,}"]
        for path in results["paths"]
    ]
    best = min(results["tours"], key=lambda tour: tour["km"])
    return Section(
        "Routes",
        f"the best tour is at most {best['gap_percent']:.2f} % longer than the shortest can be",
        f"""How far from the bound of {results["bound_km"]:,} km each way to plan a tour of all cities stays,
and its time as a part of the bound's ([lesson 21]({LESSONS}/21_routes.ipynb)).

{table(["", "km", "above the bound", "time, of the bound's"], tours)}

Paths through a growing number of stops in a dozen cities, as the stream plans them:

{table(["stops", "planned by", "km", "stops a second"], paths)}""",
    )


def averages(results):
    rows = [
        [
            f"{of['rate']:,}",
            f"{of['seeds']:,}",
            f"{of['pairs']:,}",
            f"{of['percent_turned_by_rate']} %",
            f"{of['percent_turned_by_seconds']} %",
            of["paradoxes"],
        ]
        for of in results["averages"]
    ]
    few = results["averages"][0]
    head = [
        "events a minute",
        "nights",
        "comparisons",
        "turned, by rate",
        "turned, by seconds",
        "nights with a paradox",
    ]
    return Section(
        "Averages of averages",
        f"at {few['rate']} events a minute {few['percent_turned_by_rate']} % of the comparisons of two rates come out wrong",
        f"""How often two gift types, compared by the averages of their windows, stand in another order than by all their
deliveries ([lesson 06]({LESSONS}/06_gift_type.ipynb)).

{table(head, rows)}""",
    )
