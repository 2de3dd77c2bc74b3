"""What an hour of the night takes, what a million events do, and where a micro-batch's time goes."""

import statistics

from . import LESSONS, Section, balanced, table, times


def defaults(results):
    rounds = results["rounds"]
    median = {way: statistics.median(each[way]["wall_s"] for each in rounds) for way in rounds[0]}
    sql = statistics.median(each["DuckDB"]["sql_s"] for each in rounds)
    names = {
        "defaults": "Spark's and Delta's defaults",
        "profile": "the laptop profile (`sleigh run`)",
        "delta-rs": "the same, delta-rs commits (`--sink delta-rs`)",
        "DuckDB": "silver and gold by DuckDB in one go, from landing's files",
    }
    rows = [[name, f"{median[way]:,.1f}", times(median["defaults"], median[way])] for way, name in names.items()]
    events, minutes = rounds[0]["profile"]["events"], results["minutes"]
    return Section(
        "The whole pipeline, four ways",
        f"{events:,} events take {median['profile']:.1f} s with the laptop profile and {median['defaults']:.1f} s with the "
        "defaults",
        f"""{minutes} minutes of the night, {events:,} events, from the start of the session to the ledger. The gold
rows of the first three are, one by one, those that DuckDB has computed.

{table(["", "seconds", "the defaults take"], rows)}

Of DuckDB's {median["DuckDB"]:.1f} seconds {sql:.1f} are the SQL: that is what the arithmetic needs. The others pay the fixed
price of each micro-batch ([lesson 11]({LESSONS}/11_performance.ipynb)).""",
    )


def pipeline(results):
    runs = sorted(results["runs"], key=lambda run: (run["minutes"], run["events"]))
    first, most = runs[0], max(runs, key=lambda run: run["events"])
    rows = [
        [
            f"{run['events']:,}",
            f"{run['minutes']:,}",
            times(run["events"], first["events"]),
            f"{run['wall_s']:,.0f}",
            times(run["wall_s"], first["wall_s"]),
            f"{run['peak_pss_mb']:,}",
            run.get("SLEIGH_HEAP", "usual"),
        ]
        for run in runs
    ]
    beside = [f"{run['events']:,}" for run in runs if run.get("beside_other_work")]
    note = (
        f"\n\nMeasured beside other work, so rather too slow: the run of {' and '.join(beside)} events."
        if beside
        else ""
    )
    head = ["events", "minutes of the night", "events, ratio", "seconds", "ratio", "peak memory (PSS), MB", "heap"]
    return Section(
        "The same with more events",
        f"{most['events']:,} events take {most['wall_s'] / 60:.0f} minutes and {most['peak_pss_mb']:,} MB",
        f"""`sleigh run`, start and ledger included; every ledger {balanced(runs)}.

{table(head, rows)}

Silver remembers the ids of an hour. Where so many do not fit into the laptop profile's heap, the run was given another by
`SLEIGH_HEAP`.{note}""",
    )


def cluster(results):
    one, two, calm, killed = (results[name] for name in ("one", "two", "undisturbed", "killed"))
    rows = []
    for name, of in one["stages"].items():
        other = two["stages"][name]
        seconds = [of["seconds"], other["seconds"]]
        rows.append([name, *(f"{each:,.1f}" for each in seconds), _speed_up(*seconds), _busy(of), _busy(other)])
    seconds = [each["wall_s"] for each in (one, two)]
    rows.append(
        ["all of it", *(f"{each:,.0f}" for each in seconds), _speed_up(*seconds), _busy_in_all(one), _busy_in_all(two)]
    )
    head = [
        "",
        *(f"{_workers(each)}, seconds" for each in (one, two)),
        "speed-up",
        "cores: driver + executors",
        "the same",
    ]
    lost = [[name, *(f"{each['stages'][name]['seconds']:,.1f}" for each in (calm, killed))] for name in calm["stages"]]
    lost.append(["all of it", *(f"{each['wall_s']:,.0f}" for each in (calm, killed))])
    return Section(
        "On a Spark cluster",
        f"{one['events']:,} events take {seconds[0]:,.0f} s on {_workers(one)} of one core, {seconds[1]:,.0f} s on "
        f"{two['workers']}",
        f"""{one["events"]:,} events, a standalone master and workers of one core each, all on one machine of
{results["cores"]} cores, which serve the driver as well; every ledger {balanced([one, two, calm, killed])}.

{table(head, rows)}

The driver is one process whatever the workers: it lands the night, plans each micro-batch, commits, and adds up the ledger.
[Beyond one machine](scaling.md) has what follows.

{calm["events"]:,} events on {_workers(calm)}, and the same with one killed (SIGKILL, {killed["killed_after_s"]:,.1f} s after
the start, while silver was in its second micro-batch; executors lost: {killed["executors_lost"]}):

{table(["", "undisturbed, seconds", "one killed"], lost)}""",
    )


def _workers(run):
    return f"{run['workers']} worker{'s' if run['workers'] > 1 else ''}"


def _speed_up(one, two):
    return f"{one / two:.2f}x"


def _busy(stage):
    return " + ".join(f"{stage[who] / stage['seconds']:.2f}" for who in ("driver_cpu_s", "executors_cpu_s"))


def _busy_in_all(run):
    stages = run["stages"].values()
    return _busy(
        {"seconds": run["wall_s"]} | {who: sum(of[who] for of in stages) for who in ("driver_cpu_s", "executors_cpu_s")}
    )


def night(results):
    rows = [
        [f"{run['events']:,}", f"{run['seconds']:.2f}", f"{run['events_per_second']:,}", f"{run['peak_rss_mb']:,}"]
        for run in results["night"]
    ]
    most = max(results["night"], key=lambda run: run["events"])
    return Section(
        "The generator",
        f"{most['events']:,} events are made in {most['seconds']:.1f} s",
        f"""The whole night at growing rates, each in a process of its own.

{table(["events", "seconds", "events a second", "peak memory (RSS), MB"], rows)}""",
    )


def microbatch(results):
    kinds = {"append": "append", "window": "windowed append (state)", "merge": "update with `MERGE`"}
    rows = []
    for kind, name in kinds.items():
        defaults, profile, delta_rs = (results["table"][kind][way] for way in ("defaults", "profile", "delta-rs"))
        ratios = f"{times(defaults, profile)} and {times(defaults, delta_rs)}"
        rows.append([name, f"{defaults:.2f}", f"{profile:.2f}", f"{delta_rs:.2f}", ratios])
    append, count = results["table"]["append"], len(results["seconds"]["profile"]["append"])
    return Section(
        "One micro-batch",
        f"{results['rows']} rows are appended in {append['profile']:.2f} s, by delta-rs in {append['delta-rs']:.2f} s; "
        f"with the defaults in {append['defaults']:.2f} s",
        f"""{results["rows"]} rows into Delta: Spark's and Delta's defaults against
[the laptop profile](../lib/sleigh/runtime/profile.py), by Spark's own sink and by delta-rs. Medians of {count}
micro-batches, the first few of {results["batches"]} left out.

{table(["", "defaults, seconds", "profile", "delta-rs", "the defaults take"], rows)}""",
    )


def anatomy(results):
    defaults, laptop = (results["sides"][side] for side in ("defaults", "laptop"))
    columns = [defaults["append"], laptop["append"], defaults["window"], laptop["window"]]
    rows = [[f"{phase}, ms", *(f"{of['ms'][phase]:,}" for of in columns)] for phase in columns[0]["ms"]]
    rows += [[what, *(f"{of[what]:,}" for of in columns)] for what in ("jobs", "tasks", "files")]
    head = ["", "append: defaults", "profile", "counts by window: defaults", "profile"]
    files = f"{defaults['window']['files']:,} files with the defaults, {laptop['window']['files']:,} with the profile"
    return Section(
        "Where its time goes",
        f"a window's state is {files}",
        f"""Each phase of a micro-batch of {results["rows"]} rows, medians; jobs and tasks are those of {results["batches"]}
micro-batches, files what they leave in the checkpoint. [Lesson 11]({LESSONS}/11_performance.ipynb) draws it.

{table(head, rows)}""",
    )
