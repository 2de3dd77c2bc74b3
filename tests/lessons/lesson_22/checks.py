"""Answers to the questions of the exam. Those of the predictions come from this night, as their checks' do."""

from helpers import with_spark
from pyspark.sql import functions as F
from sleigh.lessons.lesson_22 import night
from sleigh.pipeline import expectations, silver


def off(right, /, **changes):
    return {**right, **changes}


FILES, SEEN, TOTAL, HOPS, HALVES, REPORTED = (
    each() for each in (night.files, night.first_seen, night.running_total, night.hops, night.in_both, night.reported)
)
MISJUDGED, NEVER = night.misjudged(), night.never()


# 22.03


def append_once(batch, batch_id, table, stream, condition="NOT status <=> 'delivered'", app=None, version=None):
    rest = batch.where(condition).write.format("delta").mode("append")
    named = rest.option("txnAppId", stream if app is None else app)
    named.option("txnVersion", batch_id if version is None else version).saveAsTable(table)


def by_name(batch, batch_id, table, stream):
    """As a person may write it who does not trust NULL."""
    rest = batch.where(F.coalesce(F.col("status"), F.lit("")) != "delivered").coalesce(1)
    writer = rest.write.format("delta").options(txnVersion=str(batch_id), txnAppId=f"exam {stream}")
    writer.mode("append").saveAsTable(table)
    return "done"


SEEN_BATCHES = []


def remembers_in_python(batch, batch_id, table, stream):
    if (stream, batch_id) not in SEEN_BATCHES:
        SEEN_BATCHES.append((stream, batch_id))
        batch.where("NOT status <=> 'delivered'").write.format("delta").mode("append").saveAsTable(table)


# 22.04

KM = "distance_from_previous_km"


# 22.05


def kept(bronze):
    for rule in expectations.RULES.values():
        bronze = bronze.where(F.coalesce(F.expr(rule), F.lit(False)))
    return bronze


def timed(rows, delay="60 minutes"):
    return silver.conform(rows).withWatermark("delivery_timestamp", delay)


def clean(bronze):
    return timed(kept(bronze)).dropDuplicatesWithinWatermark(["delivery_id"])


def by_failed_rules(bronze):
    rules = [f"coalesce(NOT ({rule}), true)" for rule in expectations.RULES.values()]
    rows = bronze.where("NOT (" + " OR ".join(rules) + ")")
    return timed(rows, "1 hour").dropDuplicates(["delivery_id", "delivery_timestamp"])


def negated(bronze):
    """Every row that does not break a rule for certain: NULL passes."""
    for rule in expectations.RULES.values():
        bronze = bronze.where(f"coalesce(({rule}), true)")
    return timed(bronze).dropDuplicatesWithinWatermark(["delivery_id"])


def seen_first(bronze):
    rows = bronze.withColumn("at", F.expr("try_to_timestamp(timestamp)")).withWatermark("at", "60 minutes")
    return silver.conform(kept(rows.dropDuplicatesWithinWatermark(["delivery_id"])))


# 22.10


def top_cities(silver, delay="5 minutes", length="15 minutes", keys=("city", "country", "region"), **columns):
    rows = silver.withWatermark("delivery_timestamp", delay) if delay else silver
    windows = rows.groupBy(F.window("delivery_timestamp", length), *keys)
    columns = {
        "total_deliveries": F.count("*"),
        "total_gifts": F.sum("num_gifts"),
        "successful_deliveries": F.sum("is_delivered"),
        "avg_delivery_time": F.round(F.avg("delivery_time_seconds"), 3),
    } | columns
    counts = windows.agg(*[column.alias(name) for name, column in columns.items()])
    return counts.select("window.start", "window.end", *counts.columns[1:]).toDF(
        "window_start", "window_end", *counts.columns[1:]
    )


def with_more(silver):
    """More columns, in another order, of other types."""
    seconds = F.expr("avg(CAST(delivery_time_seconds AS DECIMAL(20,6)))").cast("double")
    return top_cities(silver, "300 seconds", "900 seconds", avg_delivery_time=seconds, longest=F.max("num_gifts"))


def without_country(silver):
    return top_cities(silver, keys=("city", "region")).withColumn("country", F.lit("Guyana"))


# 22.07


def places(value="struct(city, country)", both=True, delivered=True, count=lambda value: F.size(F.collect_set(value))):
    """The answer, made when there is a session."""

    def make(spark):
        conditions = ["city IS NOT NULL AND country IS NOT NULL"] * both + ["is_delivered = 1"] * delivered
        return count(F.when(F.expr(" AND ".join(conditions)), F.expr(value)))

    return with_spark(make)


# 22.12

LATEST = """SELECT region, total_deliveries FROM gold_delivery_by_region WHERE window_end = (
    SELECT max(window_end) FROM gold_delivery_by_region
    WHERE window_end {compare} (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL {wait} MINUTES)
    ORDER BY {order}"""
IN_ORDER = "total_deliveries DESC, region NULLS LAST"


def bars(compare="<=", wait=5, order=IN_ORDER):
    return LATEST.format(compare=compare, wait=wait, order=order)


# 22.15

NEWEST = "max_by(struct(epoch, sequence, status), struct(epoch, sequence))"
LATER = "AND struct(s.c.epoch, s.c.sequence) > struct(t.epoch, t.sequence)"


def merge(newest=NEWEST, condition=LATER, group="GROUP BY delivery_id"):
    text = f"""MERGE INTO {{target}} t USING (SELECT delivery_id, {newest} AS c FROM {{changes}} {group}) s
        ON t.delivery_id = s.delivery_id
        WHEN MATCHED {condition} THEN UPDATE SET epoch = s.c.epoch, sequence = s.c.sequence, status = s.c.status
        WHEN NOT MATCHED THEN INSERT (delivery_id, epoch, sequence, status)
            VALUES (s.delivery_id, s.c.epoch, s.c.sequence, s.c.status)"""
    return lambda target, changes: text.format(target=target, changes=changes)


def merge_by_place(target, changes):
    return f"""-- the newest by epoch
        merge into {target} t using (
            SELECT * FROM (SELECT *, row_number() OVER (
                PARTITION BY delivery_id ORDER BY epoch DESC, sequence DESC) AS place FROM {changes}) WHERE place = 1) s
        ON t.delivery_id = s.delivery_id
        WHEN MATCHED AND (s.epoch > t.epoch OR (s.epoch = t.epoch AND s.sequence > t.sequence)) THEN UPDATE SET
            t.epoch = s.epoch, t.sequence = s.sequence, t.status = s.status
        WHEN NOT MATCHED THEN INSERT (delivery_id, epoch, sequence, status) VALUES (delivery_id, epoch, sequence, status);"""


# 22.16


def receive(key, body, kept, save):
    if key in kept:
        return 200 if kept[key] == body else 422
    try:
        save(key, body)
    except OSError:
        return 503
    return 201


def receive_and_forget(key, body, kept, save):
    return 200 if key in kept else 201


def receive_without_looking(key, body, kept, save):
    save(key, body)
    return 201


def receive_the_last(key, body, kept, save):
    if kept.get(key) == body:
        return 200
    save(key, body)
    return 201


def receive_by_body(key, body, kept, save):
    if kept.get(key):
        return 200 if kept[key] == body else 422
    return receive(key, body, {}, save)


def receive_and_break(key, body, kept, save):
    if key in kept:
        return 200 if kept[key] == body else 422
    save(key, body)
    return 201


def receive_on_a_good_day(key, body, kept, save):
    try:
        save(key, kept.get(key, body))
    except OSError:
        return 503
    return 201


# 22.18


def failing(rows, rules, of=lambda rows, region: rows.where(F.col("region") == region), ask=None):
    found = set()
    for region, rule in rules.items():
        try:
            (ask or max_of)(of(rows, region), rule)
        except Exception:
            found.add(region)
    return found


def failing_and_why(rows, rules):
    """{region: why}: its names are the answer."""
    whys = {}
    for name, rule in rules.items():
        try:
            rows.where(F.col("region").eqNullSafe(name)).selectExpr(rule).toArrow()
        except Exception as error:
            whys[name] = str(error)
    return whys


def by_text(rows, region):
    return rows.where(f"region = '{region}'")


def max_of(mine, rule):
    return mine.agg(F.max(F.expr(rule))).collect()


def counted(mine, rule):
    """Spark counts the rows and never computes the rule."""
    return mine.select(F.expr(rule)).count()


def looked_at(mine, rule):
    return mine.select(F.expr(rule)).first()


# 22.20


def tree_of(km):
    """(its length, its legs) by Kruskal's way, which shares nothing with the library's."""
    part, total, legs = list(range(len(km))), 0, []
    for length, one, other in sorted((km[a][b], a, b) for a in range(len(km)) for b in range(a)):
        if part[one] != part[other]:
            part = [part[one] if each == part[other] else each for each in part]
            total, legs = total + length, [*legs, (one, other)]
    return total, legs


def at_least(km, tolls, ends=2, taken=2, legs=2, without=1):
    """ends that pay a leg's toll; how often tolls are taken off; legs of the first city; cities that are not in the tree."""
    toll = {0: lambda a, b: 0, 1: lambda a, b: tolls[max(a, b)], 2: lambda a, b: tolls[a] + tolls[b]}[ends]
    under = [[km[a][b] + toll(a, b) for b in range(len(km))] for a in range(len(km))]
    found, _ = tree_of([row[without:] for row in under[without:]])
    return found + sum(sorted(under[0][1:])[:legs]) - taken * sum(tolls)


def by_walking(km, tolls):
    """Always on to the nearest city left: a path, and no tree."""
    under = [[km[a][b] + tolls[a] + tolls[b] for b in range(len(km))] for a in range(len(km))]
    here, left, total = 1, set(range(2, len(km))), 0
    while left:
        nearest = min(left, key=lambda city: under[here][city])
        total, here = total + under[here][nearest], nearest
        left.remove(nearest)
    return total + sum(sorted(under[0][1:])[:2]) - 2 * sum(tolls)


CASES = {
    "22.01": {
        "right": [night.waiting()],
        "wrong": [("not right: waiting", night.waiting() + 1), ("not right: waiting", 0), ("is text", "three")],
    },
    "22.02": {
        "right": [FILES],
        "wrong": [
            ("not right: by_event.", off(FILES, by_event=24)),
            ("not right: by_arrival.", off(FILES, by_arrival=25)),
            ("not right: by_arrival, by_event.", {"by_arrival": 1, "by_event": 2}),
        ],
    },
    "22.03": {
        "right": [append_once, by_name],
        "wrong": [
            ("comes again after the process has died", remembers_in_python),
            ("a row without a status", lambda *given: append_once(*given, condition="status <> 'delivered'")),
            ("first micro-batch of another stream", lambda *given: append_once(*given, app="one for all")),
            ("the micro-batch after the first", lambda *given: append_once(*given, version=0)),
        ],
    },
    "22.04": {
        "right": [
            f"coalesce({KM} BETWEEN 0 AND 20037.5, true)",
            f"CASE WHEN {KM} IS NULL THEN true ELSE {KM} >= 0 AND {KM} <= 20037.5 END;",
            f"{KM} IS NULL OR {KM} BETWEEN 0 AND 20037.5 -- half-way around",
        ],
        "wrong": [
            ("the rule is NULL", f"{KM} BETWEEN 0 AND 20037.5"),
            ("no distance.", f"coalesce({KM} BETWEEN 0 AND 20037.5, false)"),
            ("a distance of 0", f"coalesce({KM} > 0 AND {KM} <= 20037.5, true)"),
            ("half-way around", f"coalesce({KM} >= 0 AND {KM} < 20037.5, true)"),
            ("a metre more", f"coalesce({KM} BETWEEN 0 AND 20038, true)"),
            ("NaN", f"coalesce(NOT {KM} < 0 AND {KM} NOT BETWEEN 20037.5005 AND 1e9, true)"),
            ("your rule raised", "no_such_column > 0"),
        ],
    },
    "22.05": {
        "right": [clean, by_failed_rules],
        "wrong": [
            ("each delivery once", lambda bronze: timed(kept(bronze))),
            ("came broken, and again whole", seen_first),
            ("breaks a rule", negated),
            ("for how long", lambda bronze: timed(kept(bronze)).dropDuplicates(["delivery_id"])),
            ("for how long", lambda bronze: silver.conform(kept(bronze)).dropDuplicates(["delivery_id"])),
            (
                "for how long",
                lambda bronze: timed(kept(bronze), "2 hours").dropDuplicatesWithinWatermark(["delivery_id"]),
            ),
            ("without clean of the library", lambda bronze: silver.clean(bronze)),
            ("is missing", lambda bronze: kept(bronze).withWatermark("ingestion_timestamp", "1 hour")),
            ("no stream but a table at rest", lambda bronze: bronze.sparkSession.range(1)),
        ],
    },
    "22.06": {
        "right": [SEEN],
        "wrong": [
            ("not right: append.", off(SEEN, append=SEEN["append"] - 1)),
            ("not right: update.", off(SEEN, update=SEEN["append"])),
            ("not right: update, append.", {"update": SEEN["append"], "append": SEEN["update"]}),
        ],
    },
    "22.07": {
        "right": [
            places(),
            "size(collect_set(CASE WHEN is_delivered = 1 AND city IS NOT NULL AND country IS NOT NULL "
            "THEN struct(city, country) END))",
        ],
        "wrong": [
            ("a row without a city", places(both=False)),
            ("one name in two countries", places("city")),
            ("only announced", places(delivered=False)),
            ("when they are joined", places("concat(city, country)", both=False)),
            ("three thousand", places(count=lambda value: F.approx_count_distinct(value))),
            ("a stream refuses it", places(count=lambda value: F.countDistinct(value))),
        ],
    },
    "22.08": {
        "right": [MISJUDGED, off(MISJUDGED, seconds=round(MISJUDGED["seconds"], 1))],
        "wrong": [
            ("not right: seconds.", off(MISJUDGED, seconds=MISJUDGED["seconds"] + 0.2)),
            ("not right: gift_type.", off(MISJUDGED, gift_type="Toys")),
            ("is none of", off(MISJUDGED, gift_type="Coal")),
        ],
    },
    "22.09": {
        "right": [TOTAL],
        "wrong": [
            ("not right: total.", off(TOTAL, total=TOTAL["total"] + TOTAL["missing"])),
            ("not right: missing.", off(TOTAL, missing=0)),
        ],
    },
    "22.10": {
        "right": [top_cities, with_more],
        "wrong": [
            ("the watermark", lambda silver: top_cities(silver, delay="10 minutes")),
            ("the windows", lambda silver: top_cities(silver, length="5 minutes")),
            ("a row for each city, country and region", without_country),
            ("total_gifts", lambda silver: top_cities(silver, total_gifts=F.sum(F.expr("num_gifts * is_delivered")))),
            (
                "avg_delivery_time",
                lambda silver: top_cities(silver, avg_delivery_time=F.expr("avg(coalesce(delivery_time_seconds, 0))")),
            ),
            ("Spark refuses it", lambda silver: top_cities(silver, delay=None)),
        ],
    },
    "22.11": {
        "right": [night.lost()],
        "wrong": [("not right: lost", night.lost() + 1), ("not right: lost", 0)],
    },
    "22.12": {
        "right": [bars(), bars(order="2 DESC, region IS NULL, region").upper() + ";"],
        "wrong": [
            ("which rows (DuckDB)", bars(compare="<")),
            ("which rows (DuckDB)", bars(wait=0)),
            ("which rows (DuckDB)", bars(wait=10)),
            ("the order of the rows", bars(order="total_deliveries DESC, region NULLS FIRST")),
            ("the order of the rows", bars(order="total_deliveries DESC, region DESC NULLS LAST")),
            ("the order of the rows (Spark)", bars(order="total_deliveries DESC, region")),
            ("refuses it", "SELECT nothing FROM nowhere"),
        ],
    },
    "22.13": {
        "right": [NEVER, {"right": round(NEVER["right"], 1), "auc": round(NEVER["auc"], 3)}],
        "wrong": [
            ("not right: auc.", off(NEVER, auc=0.5)),
            ("not right: right.", off(NEVER, right=95.4)),
        ],
    },
    "22.14": {
        "right": [HOPS],
        "wrong": [
            ("not right: suspects.", off(HOPS, suspects=HOPS["broken"])),
            ("not right: broken.", off(HOPS, broken=HOPS["broken"] - 1)),
        ],
    },
    "22.15": {
        "right": [merge(), merge_by_place],
        "wrong": [
            (
                "an older epoch",
                merge(
                    newest="max_by(struct(epoch, sequence, status), sequence)",
                    condition="AND s.c.sequence > t.sequence",
                ),
            ),
            ("a newer epoch", merge(condition="AND s.c.epoch >= t.epoch AND s.c.sequence > t.sequence")),
            ("does not change", merge(condition="AND struct(s.c.epoch, s.c.sequence) >= struct(t.epoch, t.sequence)")),
            ("your MERGE raised", merge(newest="struct(epoch, sequence, status)", group="")),
            ("one MERGE statement", lambda target, changes: f"UPDATE {target} SET epoch = 1"),
        ],
    },
    "22.16": {
        "right": [receive],
        "wrong": [
            ("a new message must be kept", receive_and_forget),
            ("the same message again", receive_without_looking),
            ("another body", receive_the_last),
            ("an empty body", receive_by_body),
            ("OSError", receive_and_break),
            ("the same message again", receive_on_a_good_day),
        ],
    },
    "22.17": {
        "right": [HALVES],
        "wrong": [
            ("not right: checksum.", off(HALVES, checksum=0)),
            ("not right: md5.", off(HALVES, md5=HALVES["checksum"])),
            ("not right: checksum, md5.", dict.fromkeys(HALVES, len(night.silver()["event"]) // 4)),
        ],
    },
    "22.18": {
        "right": [failing, failing_and_why],
        "wrong": [
            ("divides by zero, in one of the rows", lambda *given: failing(*given, ask=counted)),
            ("divides by zero, in one of the rows", lambda *given: failing(*given, ask=looked_at)),
            ("on the rows of others", lambda *given: failing(*given, of=lambda rows, region: rows)),
            ("a quote in its name", lambda *given: failing(*given, of=by_text)),
            ("no SQL over these columns", lambda *given: failing(*given) - {"Oceania"}),
            ("another one that divides by zero", lambda *given: failing(*given) - {"Europe"}),
            ("as the rules name them", lambda *given: failing(*given) | {"NULL"}),
        ],
    },
    "22.19": {
        "right": [REPORTED],
        "wrong": [
            ("not right: before.", off(REPORTED, before=REPORTED["before"] + 23)),
            ("not right: now, before.", {"now": REPORTED["before"], "before": REPORTED["now"]}),
        ],
    },
    "22.20": {
        "right": [at_least, lambda km, tolls: float(at_least(km, tolls))],
        "wrong": [
            ("three cities", lambda *given: at_least(*given, legs=1)),
            ("three cities", lambda *given: at_least(*given, without=0)),
            ("no tolls", by_walking),
            ("where many legs meet", lambda *given: at_least(*given, taken=1)),
            ("where many legs meet", lambda *given: at_least(*given, taken=0)),
            ("where many legs meet", lambda *given: at_least(*given, ends=0)),
            ("where many legs meet", lambda *given: at_least(*given, ends=1)),
        ],
    },
}
