"""Live mode: its queries, its page, its cost and how fresh it is, what the extensions add, and a lake that grows."""

from . import Section, balanced, table, times


def warehouse(results):
    lakes = results["seconds"]
    *_, busy = lakes.values()
    ours, *_, spark = busy
    rows = []
    for way in busy:
        row = [f"{way} (what the dashboard does)" if way == ours else way]
        for seconds in lakes.values():
            row += [f"{seconds[way]:.2f}", times(seconds[spark], seconds[way])]
        rows.append(row)
    head = ["", *(words for lake in lakes for words in (f"{lake}, seconds", f"{spark} takes"))]
    return Section(
        "One refresh of the dashboard",
        f"its queries take {busy[ours]:.2f} s by DuckDB and {busy[spark]:.1f} s by Spark SQL",
        f"""All the dashboard's queries after one more commit to silver, on {results["minutes"]} minutes of the night at
{results["rate"]} events a minute: on the lake as `sleigh run` leaves it, and with as many commits to silver as live mode
makes. Medians of {results["runs"]}; Spark has the laptop profile. Live, the gold tables change as well: see the refreshes
below.

{table(head, rows)}""",
    )


def page(results):
    """Of bench/page.py: what is waited for, in columns, at each width of the window."""
    seconds = results["seconds"]
    *_, last = parts = list(next(iter(seconds.values())))
    rows = [[width, *(f"{seconds[width][part]:.1f}" for part in parts)] for width in sorted(seconds, key=int)]
    return Section(
        "The page opens",
        f"the {last} is there after {max(of[last] for of in seconds.values()):.1f} s at most",
        f"""From the address to what is seen, with a kernel that starts for it; {results["minutes"]} minutes of the night at
{results["rate"]} events a minute, to which nobody adds. Medians of {results["runs"]}, at a load average of
{results["load"]} on two cores.

{table(["width of the window, px", *(f"{part}, seconds" for part in parts)], rows)}""",
    )


FRESH = {
    "bronze → silver": ("bronze_to_silver_p50_s", "bronze_to_silver_p95_s"),
    "landing → live gold": ("landing_to_gold_p50_s", "landing_to_gold_p95_s"),
    "a refresh of the queries": ("refresh_p50_s", "refresh_p95_s"),
}
"""What is measured -> its median and its 95th percentile, seconds."""


def columns(runs):
    """Rows of a table that has a column for each of these live runs."""
    rows = [
        [f"{name}, seconds: p50, p95", *(" · ".join(f"{run[key]:.2f}" for key in keys) for run in runs)]
        for name, keys in FRESH.items()
    ]
    return [
        *rows,
        ["cores used", *(f"{run['cores_used']:.2f}" for run in runs)],
        ["memory at its peak (PSS), MB", *(f"{run['pss_peak_mb']:,}" for run in runs)],
        ["growth of memory, second third to last", *(f"{run['pss_growth_percent']} %" for run in runs)],
        ["events, the ledger", *(f"{run['events']:,}, {balanced([run])}" for run in runs)],
    ]


def live(results):
    rates = sorted(results, key=int)
    runs = [results[rate] for rate in rates]
    named, usual = list(zip(rates, runs, strict=True)), runs[0]
    head = ["", *(f"{int(rate):,} events a minute, {run['minutes']:.0f} minutes" for rate, run in named)]
    page = ["the page", *("open in a browser" if run["page"] else "not served" for run in runs)]
    return Section(
        "Live mode",
        f"an event is in live gold after {usual['landing_to_gold_p50_s']:.1f} s "
        f"(p95 {usual['landing_to_gold_p95_s']:.1f} s), with {usual['cores_used']:.2f} cores busy and "
        f"{usual['pss_peak_mb']:,} MB",
        f"""`sleigh live` as it is: producer, streams, page and its kernel. The browser is not counted, and the first fifth
of the time is left out.

{table(head, [page, *columns(runs)])}""",
    )


def extensions(results):
    rates = sorted({rate for of in results["throughput"].values() for rate in of}, key=int)
    rows = [
        [f"`{name}`"]
        + [
            f"{of[rate]['events_per_second']:,} ({of[rate]['seconds'] / of[rate]['pipeline_seconds']:.2f}x)"
            for rate in rates
        ]
        for name, of in results["throughput"].items()
    ]
    alone, every = results["live"]["alone"], results["live"]["all"]
    runs = [run for of in results["throughput"].values() for run in of.values()]
    verdict = balanced([run["ledger"] for run in runs])
    return Section(
        "The extensions",
        f"all of them at once take a live run from {alone['cores_used']:.2f} to {every['cores_used']:.2f} cores",
        f"""Events a second of each extension, by the rate of the night in events a minute; in brackets the time of its
streams as a part of what the pipeline takes. Every ledger {verdict}.

{table(["", *(f"{int(rate):,} a minute" for rate in rates)], rows)}

A live run of {alone["minutes"]:.0f} minutes without any and with all of them:

{table(["", "without", "with all"], columns([alone, every]))}""",
    )


def growth(results):
    parts = []
    for sink, found in results.items():
        *hundreds, fresh = found["hundreds"]
        rows, before = [], 0
        for each in [*hundreds, fresh]:
            name = f"1-{each['commits']:,}, a fresh lake" if each is fresh else f"{before + 1:,}-{each['commits']:,}"
            sizes = [f"{each[what]:,}" for what in ("log_kb", "checkpoint_kb", "pss_mb")]
            rows.append([name, f"{each['median_s']:.2f}", f"{each['cpu_s']:.2f}", *sizes])
            before = each["commits"]
        head = [
            "commits",
            "seconds a commit",
            "CPU seconds a micro-batch",
            "logs, kB",
            "checkpoints, kB",
            "memory (PSS), MB",
        ]
        ratios = found["ratios"]
        parts.append(
            f"""Committed by {"Spark" if sink == "spark" else sink} (`--commits {found["commits"]} --sink {sink}`). The last
hundred to the first of the fresh lake: {ratios["median_s"]:.2f} times the seconds,
{ratios["cpu_s"]:.2f} times the CPU seconds.

{table(head, rows)}"""
        )
    ratios = [f"{found['ratios']['cpu_s']:.2f} times ({sink})" for sink, found in results.items()]
    commits = max(found["commits"] for found in results.values())
    streams = list(next(iter(results.values()))["hundreds"][0]["seconds"])
    return Section(
        "A lake that has been live for a while",
        f"after {commits:,} commits a micro-batch costs {' and '.join(ratios)} what it costs on a fresh lake",
        f"""A micro-batch for each commit, through {", ".join(f"`{name}`" for name in streams)};
seconds a commit are the medians of these streams together. The JVM gets warm meanwhile, so the last row has a fresh lake
in the same JVM. What is above one is the price of the log: each micro-batch lists the whole log of its source, a file or
two a commit.

"""
        + "\n\n".join(parts),
    )
