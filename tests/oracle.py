"""An independent oracle: silver and gold computed again from landing's files by DuckDB, in SQL written for this purpose.

It shares no code with the library: not the rules, the types, the deduplication, the windows or the rounding, and not
Spark's watermark either, which is written anew as the rule it follows. Only the names of tables and columns are the same.

Watermarks: micro-batch n takes the n-th three landing commits. It runs with the newest event of the micro-batches before
it, minus the delay; it drops what the watermark of micro-batch n - 1 had passed, and closes what its own has passed.
"""

import contextlib
import json
from datetime import UTC, datetime
from unicodedata import category
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

GOLD_COLUMNS = {
    "gold_delivery_summary_realtime": (
        1,
        [],
        """
        count(*) AS total_deliveries,
        coalesce(sum(num_gifts) FILTER (status = 'delivered'), 0) AS total_gifts_delivered,
        count(*) FILTER (status = 'delivered') AS successful_deliveries,
        count(*) FILTER (status = 'delayed') AS delayed_deliveries,
        count(*) FILTER (status = 'en_route') AS en_route_deliveries,
        100 * count(*) FILTER (status = 'delivered') / count(*) AS completion_percentage,
        100 * count(*) FILTER (status = 'delayed') / count(*) AS delay_rate_percentage,
        avg(delivery_time_seconds) AS avg_delivery_time_seconds,
        avg(adjusted) AS avg_adjusted_delivery_time_seconds,
        avg(distance_from_previous_km) AS avg_distance_km,
        avg(reindeer_speed_kmh) AS avg_reindeer_speed_kmh,
        avg(magic_level) AS avg_magic_level,
        max(delivery_time_seconds) AS max_delivery_time_seconds,
        min(delivery_time_seconds) AS min_delivery_time_seconds,
        sum(distance_from_previous_km) AS total_distance_traveled_km,
        count(DISTINCT region) AS unique_regions_visited,
        count(DISTINCT country) AS unique_countries_visited,
        count(DISTINCT city || '|' || country) AS unique_cities_visited
        """,
    ),
    "gold_delivery_by_region": (
        5,
        ["region"],
        """
        count(*) AS total_deliveries, sum(num_gifts) AS total_gifts,
        count(*) FILTER (status = 'delivered') AS successful_deliveries,
        count(*) FILTER (status = 'delayed') AS delayed_deliveries,
        100 * count(*) FILTER (status = 'delivered') / count(*) AS success_rate_percentage,
        avg(delivery_time_seconds) AS avg_delivery_time, avg(magic_level) AS avg_magic_level,
        sum(distance_from_previous_km) AS total_distance_km,
        count(DISTINCT country) AS countries_in_region, count(DISTINCT city || '|' || country) AS cities_visited
        """,
    ),
    "gold_delivery_by_gift_type": (
        5,
        ["gift_type"],
        """
        count(*) AS total_deliveries, sum(num_gifts) AS total_gifts,
        count(*) FILTER (status = 'delivered') AS successful_deliveries,
        100 * count(*) FILTER (status = 'delivered') / count(*) AS success_rate_percentage,
        avg(delivery_time_seconds) AS avg_delivery_time, avg(adjusted) AS avg_adjusted_delivery_time,
        max(delivery_time_seconds) AS max_delivery_time, min(delivery_time_seconds) AS min_delivery_time
        """,
    ),
    "gold_overall_progress": (
        10,
        [],
        """
        count(*) AS period_deliveries, sum(num_gifts) AS period_gifts,
        count(*) FILTER (status = 'delivered') AS period_successful,
        count(*) FILTER (status = 'delayed') AS period_delayed,
        count(*) FILTER (status = 'en_route') AS period_en_route,
        100 * count(*) FILTER (status = 'delivered') / count(*) AS success_rate_percentage,
        100 * count(*) FILTER (status = 'delayed') / count(*) AS delay_rate_percentage,
        avg(delivery_time_seconds) FILTER (status = 'delivered') AS avg_time_to_delivery,
        avg(delivery_time_seconds) FILTER (status = 'delivered') / 60 AS avg_time_to_delivery_minutes,
        sum(distance_from_previous_km) AS period_distance_km,
        avg(reindeer_speed_kmh) AS avg_reindeer_speed, avg(magic_level) AS avg_magic_level,
        count(*) FILTER (weather_condition = 'Clear') AS clear_weather_count,
        count(*) FILTER (weather_condition = 'Snowy') AS snowy_weather_count,
        count(*) FILTER (weather_condition = 'Foggy') AS foggy_weather_count,
        count(*) FILTER (weather_condition = 'Cloudy') AS cloudy_weather_count
        """,
    ),
    "gold_top_cities": (
        15,
        ["city", "country", "region"],
        """
        count(*) AS total_deliveries, sum(num_gifts) AS total_gifts,
        count(*) FILTER (status = 'delivered') AS successful_deliveries,
        avg(delivery_time_seconds) AS avg_delivery_time
        """,
    ),
}


def files(folder, table):
    """[(commit, path)] of a Delta table that was only appended to, read from its log."""
    found = []
    for number, log in enumerate(sorted((folder / table / "_delta_log").glob("*.json"))):
        actions = [json.loads(line) for line in log.read_bytes().splitlines()]
        assert not any("remove" in action for action in actions)
        found += [(number, str(folder / table / action["add"]["path"])) for action in actions if "add" in action]
    return found


def compute(folder):
    """A DuckDB connection with landing read from its files and silver computed from it, late rows and all."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    landed = files(folder, "landing_santa_deliveries")
    commits = sorted({commit for commit, _ in landed})
    db.execute("CREATE TABLE landing AS SELECT 0 AS batch, * FROM read_parquet(?) LIMIT 0", [landed[0][1]])
    for commit, path in landed:
        db.execute("INSERT INTO landing SELECT ?, * FROM read_parquet(?)", [commits.index(commit) // 3, path])
    judge = """
        CREATE TABLE judged AS
        SELECT *, TRY_CAST(timestamp AS TIMESTAMPTZ) AS happened,
               list_filter([
                   CASE WHEN trim(coalesce(delivery_id, ''), $blank) = '' THEN 'valid_delivery_id' END,
                   CASE WHEN coalesce(epoch(TRY_CAST(timestamp AS TIMESTAMPTZ)) NOT BETWEEN $first AND $last, true)
                          OR abs(epoch(TRY_CAST(timestamp AS TIMESTAMPTZ)) - midnight) > 3 * 3600
                        THEN 'valid_timestamp' END,
                   CASE WHEN coalesce(status, '?') NOT IN ('en_route', 'delivered', 'delayed') THEN 'valid_status' END,
                   CASE WHEN coalesce(abs(latitude), 999) > 90 OR coalesce(abs(longitude), 999) > 180
                        THEN 'valid_coordinates' END,
                   CASE WHEN coalesce(num_gifts, 0) < 1 THEN 'positive_gifts' END], lambda x: x IS NOT NULL) AS reasons
        FROM landing LEFT JOIN midnights USING (timezone)"""
    blank = "".join(chr(code) for code in range(0x110000) if category(chr(code)) in ("Zs", "Zl", "Zp", "Cc", "Cf"))
    night = {"first": datetime(2026, 12, 24, 10, tzinfo=UTC), "last": datetime(2026, 12, 25, 11, 5, tzinfo=UTC)}
    db.execute("CREATE TABLE midnights (timezone VARCHAR, midnight BIGINT)")
    for (zone,) in db.execute("SELECT DISTINCT timezone FROM landing").fetchall():
        with contextlib.suppress(ZoneInfoNotFoundError, ValueError, TypeError):
            midnight = datetime(2026, 12, 25, tzinfo=ZoneInfo(zone)).timestamp()
            db.execute("INSERT INTO midnights VALUES (?, ?)", [zone, int(midnight)])
    db.execute(judge, {"blank": blank} | {name: at.timestamp() for name, at in night.items()})
    db.execute("""
        CREATE TABLE good AS SELECT * FROM judged WHERE len(reasons) = 0;
        CREATE TABLE lines AS
        SELECT DISTINCT batch, (SELECT max(happened) - INTERVAL '1 hour' FROM good g WHERE g.batch < o.batch - 1) AS line
        FROM good o;
        -- A copy says the same as its original, so it does not matter which of the two arrived.
        CREATE TABLE silver AS
        SELECT * EXCLUDE (nth, line) FROM (
            SELECT *, row_number() OVER (PARTITION BY delivery_id ORDER BY batch) AS nth
            FROM good JOIN lines USING (batch) WHERE coalesce(happened > line, true))
        WHERE nth = 1""")
    db.execute("""
        ALTER TABLE silver ADD COLUMN factor DOUBLE;
        UPDATE silver SET factor = CASE weather_condition WHEN 'Clear' THEN 1.0 WHEN 'Cloudy' THEN 0.95
                                                          WHEN 'Foggy' THEN 0.85 WHEN 'Snowy' THEN 0.75 END;
        ALTER TABLE silver ADD COLUMN adjusted DOUBLE;
        UPDATE silver SET adjusted = delivery_time_seconds / factor""")
    return db


def gold(db, table):
    """Make table `expected`: the closed windows of gold table `table`, every column but calculated_at, not rounded."""
    minutes, keys, columns = GOLD_COLUMNS[table]
    db.execute(f"""
        CREATE OR REPLACE TABLE windowed AS
        SELECT *, time_bucket(INTERVAL '{minutes} minutes', happened) AS window_start,
               time_bucket(INTERVAL '{minutes} minutes', happened) + INTERVAL '{minutes} minutes' AS window_end FROM silver;
        CREATE OR REPLACE TABLE expected AS
        SELECT window_start, window_end{"".join(f", {key}" for key in keys)}, {columns} FROM windowed o
        WHERE coalesce(window_end > (SELECT max(happened) - INTERVAL '5 minutes' FROM silver s
                                     WHERE s.batch < o.batch - 1), true)
          AND window_end <= (SELECT max(happened) - INTERVAL '5 minutes' FROM silver)
        GROUP BY ALL""")


def compare_gold(db, folder, table):
    """Compare `expected` with what the lake at `folder` has: keys and counts exactly, measurements to the last digit that
    the schema rounds to. Returns (keys in either, rows expected, rows written, {column: rows that differ})."""
    keys = GOLD_COLUMNS[table][1]
    paths = [path for _, path in files(folder, table)]
    db.execute(f"CREATE OR REPLACE TABLE written AS SELECT * EXCLUDE (calculated_at) FROM read_parquet({paths})")
    types = dict(row[:2] for row in db.execute("DESCRIBE written").fetchall())
    assert set(types) == {name for name, *_ in db.execute("DESCRIBE expected").fetchall()}
    on = " AND ".join(f"w.{key} IS NOT DISTINCT FROM e.{key}" for key in ["window_start", *keys])
    equal = {
        name: f"abs(w.{name} - e.{name}) < {0.0051 if name.endswith('percentage') else 0.00051}"
        if kind == "DOUBLE"
        else f"w.{name} = e.{name}"
        for name, kind in types.items()
    }
    checks = ", ".join(
        f"count(*) FILTER (NOT coalesce({test} OR (w.{name} IS NULL AND e.{name} IS NULL), false)) AS {name}"
        for name, test in equal.items()
    )
    total, expected, written, *wrong = db.execute(
        f"SELECT count(*), count(e.window_start), count(w.window_start), {checks} "
        f"FROM expected e FULL JOIN written w ON {on}"
    ).fetchone()
    return total, expected, written, dict(zip(types, wrong, strict=True))
