"""All extensions at once: on the command line, killed in the middle of everything, and live.

What each of them does when a micro-batch comes again, row by row, is in its own tests.
"""

import json
import random
import time

import helpers
import hops
import pytest
import run_extensions
import trials
from sleigh import extensions, landing, ledger, live, runtime
from sleigh.__main__ import main
from sleigh.extensions.alerts import messages
from sleigh.extensions.delay_model import models
from sleigh.simulator.weather_reports import reports
from sleigh.tables import SILVER

NAMES = extensions.NAMES

NIGHT = {
    "minutes": 24,
    "start_minute": 600,
    "rate": 60,
    "seed": 17,
    "faults": "late=0.2,broken=0.05,duplicates=0.05,anomalies=0.05",
    "every": 240,
}
"""Six commits, so six micro-batches of each stream. Regions are late enough for alerts."""


def test_all_run_together_and_each_has_its_line_in_the_ledger(spark, card, tmp_path, capfd):
    """In live mode, with a night in which regions are late: there are alerts, and they are sent."""
    night = {"minutes": 20, "start_minute": 600, "rate": 120, "seed": 17, "faults": "none", "every": 600}
    runtime.open_lake(spark, tmp_path / "lake")
    models.save(card)
    words = [*helpers.arguments(night, tmp_path / "lake"), "--mode", "live", "--sink", "delta-rs", "--json"]
    assert main([*words, "--with", ",".join(NAMES)]) == 0
    out = capfd.readouterr().out
    said = json.loads(out.splitlines()[-1])
    assert said["balanced"] and said["silver"] > 2000 and set(said["extensions"]) == set(NAMES)
    assert all(audit["balanced"] for audit in said["extensions"].values())
    told = said["extensions"]["alerts"]
    assert told["outbox"] == told["sent"] == told["received"] >= told["alerts"] == told["by_rule"] > 0
    assert f"outbox {told['outbox']} = sent {told['sent']} = received {told['received']} · alerts" in out
    assert "balanced: every event is accounted for" in out


@pytest.fixture(scope="module")
def fed(spark, card, tmp_path_factory):
    """A lake with all that the extensions read, and nothing that they write."""
    folder = trials.feed_extensions(spark, tmp_path_factory.mktemp("fed") / "lake", NIGHT)
    models.save(card)
    return folder


def test_killed_in_the_middle_and_run_again_every_extension_balances(spark, fed):
    """SIGKILL of a process in which the first streams of all extensions are under way, JVM, workers and all.

    Each has begun, more than half have written, and at most one, the alerts' single micro-batch, is through. Then they run
    here, to their end.
    """
    tables = [stream.target.name for stream in run_extensions.at_once(NAMES)["0"]]
    assert len(tables) >= len(NAMES)

    def micro_batches(log):
        return {table: len(list((fed / "_checkpoints" / table / log).glob("[0-9]*"))) for table in tables}

    def under_way():
        return (
            all(micro_batches("offsets").values())
            and sum(map(bool, micro_batches("commits").values())) > len(tables) / 2
        )

    def moment():
        helpers.wait_for(under_way)
        time.sleep(random.Random(24).uniform(0, 1))

    assert trials.extensions_killed(NAMES, fed, "spark", moment), "they had ended before"
    cut = micro_batches("commits")
    runtime.open_lake(spark, fed)  # once more: another process has made tables in it
    run_extensions.run(spark, NAMES, sink="spark")
    whole = micro_batches("commits")
    assert sum(whole[table] > cut[table] for table in tables) >= len(tables) - 1, (cut, whole)
    audits = extensions.audit(spark, NAMES, ledger.Ledger()).extensions
    for audit in audits:
        assert audit.balanced, (audit.name, audit.wrong[:5])
    counts = {audit.name: audit.counts for audit in audits}
    silver_rows = len(runtime.read(spark, SILVER.name))
    assert {counts[name]["silver"] for name in counts if "silver" in counts[name]} == {
        silver_rows
    } and silver_rows > 1000
    told = counts["alerts"]
    assert told["outbox"] == told["sent"] == told["received"] > 0
    # What a stream remembers has survived as well: each hop is computed from the stop before it.
    expected, found = hops.in_order(spark), hops.found_by_stream(spark)
    assert len(expected) > 500 and expected == {name: found[name] for name in expected}


def test_live_all_of_them_keep_up_while_the_night_goes_on(spark, card, tmp_path):
    lake = tmp_path / "lake"
    runtime.open_lake(spark, lake)
    models.save(card)
    running = live.start(lake, rate=120, speed=120, seed=17, faults="none", start_minute=600, also=NAMES)
    try:
        helpers.wait_for(lambda: _received(lake), seconds=90)
    finally:
        result = live.stop(running)
    assert result.balanced, str(result)
    counts = {audit.name: audit.counts for audit in result.extensions}
    assert counts["alerts"]["received"] == counts["alerts"]["outbox"] > 0
    assert counts["delay_model"]["predictions"] == counts["weather_join"]["rows"] == result.silver > 100
    assert counts["weather_join"]["landed"] == len(reports(17, until=landing.landed_seconds(lake))[0])
    assert live.stop(running).balanced, "stopped twice"


def _received(lake):
    with messages.notes(lake, "receiver") as db:
        return db.execute("SELECT count(*) FROM received").fetchone()[0]
