"""What only repetition shows: kills, whatever else goes wrong, and hours of live mode."""

from collections import Counter

from . import Section, table
from .live import columns

HIT = {
    "producer": "the producer",
    "landing": "landing, in a run",
    "bronze": "bronze's stream",
    "silver": "silver's and the quarantine's stream",
    "append": "gold's streams, appending",
    "MERGE": "gold's streams, merging",
    "replay": "a replay of mended rows",
    "compaction": "OPTIMIZE and VACUUM",
    "live": "a live run with all its processes",
    "extension": "an extension's streams",
}
"""What a kill hit, by its name in the results; others are the stages of a run between these."""


def soak(results):
    trials = results["trials"]
    kills = sum((Counter(of["kills"]) for of in trials.values()), Counter())
    hit = [[HIT.get(name, name), f"{kills[name]:,}"] for name in sorted(kills, key=[*HIT, *kills].index)]
    tried = [
        [name, f"{of['trials']:,}", f"{of['minutes']:.1f}", f"{of['messages']:,}", _ended(of["failed"])]
        for name, of in trials.items()
    ]
    messages, minutes = (sum(of[what] for of in trials.values()) for what in ("messages", "minutes"))
    wrong = [name for name, of in trials.items() if of["failed"]]
    end = f"wrong: {', '.join(wrong)}" if wrong else "every ledger balanced"
    return Section(
        "Kills, full disks, torn files",
        f"{kills.total()} kills in {minutes:.0f} minutes, {messages:,} messages: {end}",
        f"""`make soak`: trial after trial with new numbers; what each kind of trial does, tests/chaos says. Processes
that were killed (SIGKILL) while they were at work, by what they did:

{table(["killed", "times"], hit)}

{table(["trial", "right", "minutes", "messages", "then"], tried)}{_live(results["live"])}""",
    )


def _ended(failed):
    return f"wrong with seed {failed['seed']}" if failed else "its time was over"


def _live(runs):
    """The long live runs, as a table after a blank line; "" if there were none."""
    rates = sorted(runs, key=int)
    head = ["", *(f"{int(rate):,} events a minute, {runs[rate]['minutes']:.0f} minutes" for rate in rates)]
    return (
        f"""

`python bench/soak.py --live`, the page open in a browser:

{table(head, columns([runs[rate] for rate in rates]))}"""
        if rates
        else ""
    )
