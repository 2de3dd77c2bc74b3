"""Answers to the exercises of lesson 20."""

from pyspark.sql import functions as F

# 20.1: an as-of join

NEAR = "city = station AND valid_from <= delivery_timestamp AND valid_from > delivery_timestamp - INTERVAL 60 MINUTES"


def joined(deliveries, weather, near=NEAR, how="left", version="issued_at", newest="valid_from"):
    known = weather.groupBy(F.col("city").alias("station"), "valid_from").agg(
        (F.min_by if version == "first" else F.max_by)("condition", "issued_at").alias("condition"),
        F.max("issued_at").alias("issued_at"),
    )
    pairs = deliveries.join(known, F.expr(near), how)
    return pairs.groupBy("delivery_id").agg(F.max_by("condition", newest).alias("condition"))


def by_intervals(deliveries, weather):
    weather.createOrReplaceTempView("observed_20_1")
    deliveries.createOrReplaceTempView("delivered_20_1")
    return deliveries.sparkSession.sql("""
        WITH known AS (SELECT city, valid_from, max_by(condition, issued_at) AS said FROM observed_20_1 GROUP BY ALL),
             spans AS (SELECT *, lead(valid_from) OVER (PARTITION BY city ORDER BY valid_from) AS until FROM known)
        SELECT delivery_id, said AS Condition FROM delivered_20_1 d LEFT JOIN spans s
             ON d.city = s.city AND delivery_timestamp >= valid_from
             AND delivery_timestamp < least(until, valid_from + INTERVAL 1 HOUR)""")


def at_once(deliveries, weather):
    """One max_by over time and version."""
    weather = weather.withColumnRenamed("city", "station")
    pairs = deliveries.join(weather, F.expr(NEAR), "left")
    return pairs.groupBy("delivery_id").agg(
        F.max_by("condition", F.struct("valid_from", "issued_at")).alias("condition")
    )


def by_pandas(deliveries, weather):
    import pandas as pd

    known = (
        weather.toPandas().sort_values(["valid_from", "issued_at"]).drop_duplicates(["city", "valid_from"], keep="last")
    )
    rows = deliveries.toPandas().sort_values("delivery_timestamp")
    return pd.merge_asof(
        rows,
        known,
        left_on="delivery_timestamp",
        right_on="valid_from",
        by="city",
        tolerance=pd.Timedelta("59min"),
    ).astype({"condition": object})


def last_word(deliveries, weather):
    pairs = deliveries.join(weather.withColumnRenamed("city", "station"), F.expr(NEAR), "left")
    return pairs.groupBy("delivery_id").agg(F.max_by("condition", "issued_at").alias("condition"))


def first_version(deliveries, weather):
    return joined(deliveries, weather, version="first")


def strictly(deliveries, weather):
    return joined(deliveries, weather, NEAR.replace("<= delivery", "< delivery"))


def ever(deliveries, weather):
    return joined(deliveries, weather, "city = station AND valid_from <= delivery_timestamp")


def an_hour_and_no_less(deliveries, weather):
    return joined(deliveries, weather, NEAR.replace("> delivery", ">= delivery"))


def inner(deliveries, weather):
    return joined(deliveries, weather, how="inner")


def all_versions(deliveries, weather):
    return deliveries.join(weather.withColumnRenamed("city", "station"), F.expr(NEAR), "left")


def now(deliveries, weather):
    newest = weather.groupBy("city").agg(F.max_by("condition", F.struct("valid_from", "issued_at")).alias("condition"))
    return deliveries.join(newest, "city", "left")


def where_after(deliveries, weather):
    pairs = deliveries.join(weather, "city", "left").where(
        "valid_from <= delivery_timestamp AND valid_from > delivery_timestamp - INTERVAL 60 MINUTES"
    )
    return pairs.groupBy("delivery_id").agg(
        F.max_by("condition", F.struct("valid_from", "issued_at")).alias("condition")
    )


# 20.2: a collector


def patient(since, ask, commit, wait):
    until, rows, page = None, [], 0
    while page is not None:
        pause = 1
        while True:
            status, wish, answer = ask(since, until, page)
            if status == 200:
                break
            wait(pause if wish is None else wish)
            pause *= 2
        rows += answer["rows"]
        until, page = answer["until"], answer["next"]
    commit(rows, until)
    return until


def in_one_loop(since, ask, commit, wait):
    until, rows, page, failed = None, [], 0, 0
    while page is not None:
        status, wish, answer = ask(since, until, page)
        if status != 200:
            wait(2**failed if wish is None else wish)
            failed += 1
            continue
        failed, until, page = 0, answer["until"], answer["next"]
        rows.extend(answer["rows"])
    commit(rows, until)
    return float(until)


def page_by_page(since, ask, commit, wait):
    def commit_each(since, until, page):
        status, wish, answer = ask(since, until, page)
        if status == 200:
            commit(answer["rows"], answer["until"])
        return status, wish, answer

    return patient(since, commit_each, lambda rows, until: None, wait)


def first_page_only(since, ask, commit, wait):
    status, _, answer = ask(since, None, 0)
    while status != 200:
        wait(1)
        status, _, answer = ask(since, None, 0)
    commit(answer["rows"], answer["until"])
    return answer["until"]


def no_until(since, ask, commit, wait):
    return patient(since, lambda since, until, page: ask(since, None, page), commit, wait)


def never_asks(since, ask, commit, wait):
    return patient(since, lambda *asked: (lambda got: (got[0], None, got[2]))(ask(*asked)), commit, wait)


def always_a_second(since, ask, commit, wait):
    return patient(since, ask, commit, lambda seconds: wait(seconds if seconds > 2 and seconds not in (4, 8) else 1))


def growing_on(since, ask, commit, wait):
    until, rows, page, pause = None, [], 0, 1
    while page is not None:
        status, wish, answer = ask(since, until, page)
        if status != 200:
            wait(pause if wish is None else wish)
            pause *= 2
            continue
        until, page = answer["until"], answer["next"]
        rows += answer["rows"]
    commit(rows, until)
    return until


def never_at_once(since, ask, commit, wait):
    return patient(since, lambda *asked: (lambda got: (got[0], got[1] or None, got[2]))(ask(*asked)), commit, wait)


def from_the_start(since, ask, commit, wait):
    return patient(0, ask, commit, wait)


def only_if_new(since, ask, commit, wait):
    return patient(since, ask, lambda rows, until: commit(rows, until) if rows else None, wait)


def returns_since(since, ask, commit, wait):
    patient(since, ask, commit, wait)
    return since


def takes_no_answer_for_one(since, ask, commit, wait):
    _, _, answer = ask(since, None, 0)
    commit(answer["rows"], answer["until"])
    return answer["until"]


def endless(since, ask, commit, wait):
    while True:
        ask(since, None, 0)


# 20.3: which rows

CONCERNED = """SELECT delivery_id FROM told t WHERE reason = 'service down' OR EXISTS (
    SELECT 1 FROM news n WHERE n.city = t.city AND delivery_timestamp >= valid_from
    AND delivery_timestamp < valid_from + INTERVAL 60 MINUTES)"""
JOIN = """FROM told t JOIN news n ON t.city = n.city AND delivery_timestamp >= valid_from
    AND delivery_timestamp < valid_from + INTERVAL '1 hour'"""
WAITING = "SELECT delivery_id FROM told WHERE reason = 'service down'"

CASES = {
    "20.1": {
        "right": [joined, by_intervals, at_once, by_pandas],
        "wrong": [
            ("What was *issued* last", last_word),
            ("the newest version holds", first_version),
            ("not younger, so it holds", strictly),
            ("65 minutes old", ever),
            ("exactly an hour after the observation", an_hour_and_no_less),
            ("E, H, I and J are gone", inner),
            ("E, H, I and J are gone", where_after),
            ("B is there 3 times", all_versions),
            ("condition of A: expected 'Clear', got 'Cloudy'", now),
            ("the column condition is missing", lambda deliveries, weather: deliveries),
            ("the column delivery_id is missing", lambda deliveries, weather: weather),
            ("it does not take that", lambda deliveries: deliveries),
            ("print is not return", lambda deliveries, weather: print(1)),
        ],
    },
    "20.2": {
        "right": [patient, in_one_loop],
        "wrong": [
            ("commits. Killed between them", page_by_page),
            ("three pages: after ask(until=None, page=0) expected ask(until=900, page=1), got commit", first_page_only),
            ("expected ask(until=900, page=1), got ask(until=None, page=1)", no_until),
            ("left alone: after ask(until=None, page=0) expected wait(60), got wait(1)", never_asks),
            ("expected wait(2), got wait(1)", always_a_second),
            ("at once: after ask(until=None, page=0) expected wait(0), got wait(2)", never_at_once),
            ("out of order: after ask(until=900, page=1) expected wait(1), got wait(4)", growing_on),
            ("was told 600", from_the_start),
            ("nothing new: nothing is committed", only_if_new),
            ("and returns 600", returns_since),
            (
                "three pages: after ask(until=None, page=0) expected ask(until=900, page=1), got commit",
                takes_no_answer_for_one,
            ),
            ("never comes to an end", endless),
            ("hand over the function itself", 900),
            ("your function returns None", lambda since, ask, commit, wait: commit([], 900)),
        ],
    },
    "20.3": {
        "right": [
            CONCERNED,
            f"{WAITING} UNION SELECT delivery_id {JOIN};",
            f"SELECT DISTINCT t.delivery_id AS Delivery_Id {JOIN.replace('JOIN', 'LEFT JOIN', 1)} "
            "WHERE n.city IS NOT NULL OR reason = 'service down'",
        ],
        "wrong": [
            ("H and J wait for the service", f"SELECT DISTINCT delivery_id {JOIN}"),
            (
                "not only at its very minute",
                f"{WAITING} UNION SELECT delivery_id FROM told t JOIN news n ON t.city = n.city "
                "AND delivery_timestamp = valid_from",
            ),
            ("A was before", f"{WAITING} UNION SELECT delivery_id FROM told JOIN news USING (city)"),
            ("F is of 13:30", CONCERNED.replace("AND delivery_timestamp < ", "AND delivery_timestamp <= ")),
            ("B is there 2 times", f"{WAITING} UNION ALL SELECT delivery_id {JOIN}"),
            ("I should not be there", f"{CONCERNED} OR reason IS NOT NULL"),
            ("B is missing", CONCERNED.replace(">= valid_from", "> valid_from")),
            ("A should not be there", "SELECT delivery_id FROM told"),
            ("the column delivery_id is missing", "SELECT city FROM told"),
            ("DuckDB refuses it", "SELEKT"),
            ("gives no rows", "  ;"),
            ("no SQL in a string", 5),
        ],
    },
}
