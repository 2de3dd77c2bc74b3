"""Answers to the exercises of lesson 16."""

from pyspark.sql import Window
from pyspark.sql import functions as F

# 16.1: one MERGE

ONE_ROW = """SELECT delivery_id, max(sequence) AS sequence, max_by(status, sequence) AS status, min(changed_at) AS earliest
             FROM {changes} GROUP BY delivery_id"""
NEWER = """WHEN MATCHED AND s.sequence > t.sequence THEN UPDATE SET
           sequence = s.sequence, status = s.status, earliest = least(t.earliest, s.earliest)"""
OLDER = "WHEN MATCHED AND s.earliest < t.earliest THEN UPDATE SET earliest = s.earliest"
NEW = "WHEN NOT MATCHED THEN INSERT *"


def statement(*clauses, source=ONE_ROW):
    text = f"MERGE INTO {{target}} t USING ({source}) s ON t.delivery_id = s.delivery_id " + " ".join(clauses)
    return lambda target, changes: text.format(target=target, changes=changes)


def in_one_clause(target, changes):
    """One update for both, with CASE; its condition says when anything changes at all. Behind a comment and a WITH."""
    return f"""
        -- the newest status
        /* and the oldest time */ with s as (
            SELECT delivery_id, max(struct(sequence, status)) AS newest, min(changed_at) AS earliest
            FROM {changes} GROUP BY delivery_id)
        merge into {target} as t using s
        ON s.delivery_id <=> t.delivery_id
        WHEN MATCHED AND (s.newest.sequence > t.sequence OR s.earliest < t.earliest) THEN UPDATE SET
            status = CASE WHEN s.newest.sequence > t.sequence THEN s.newest.status ELSE t.status END,
            sequence = greatest(t.sequence, s.newest.sequence), earliest = least(t.earliest, s.earliest)
        WHEN NOT MATCHED THEN INSERT (delivery_id, sequence, status, earliest)
            VALUES (s.delivery_id, s.newest.sequence, s.newest.status, s.earliest);
    """


LAST_WRITE = (
    "WHEN MATCHED THEN UPDATE SET sequence = s.sequence, status = s.status, earliest = least(t.earliest, s.earliest)"
)
ALL_OF_THEM = "SELECT delivery_id, sequence, status, changed_at AS earliest FROM {changes}"


# 16.2: spans of one status


def spans(changes, once=True, islands=True, by="sequence", keep=None):
    window = Window.partitionBy("delivery_id").orderBy(by)
    found = changes.dropDuplicates(["delivery_id", "sequence"]) if once else changes
    if islands:
        before = F.lag("status").over(window)
        found = found.withColumn("before", before).where("before IS NULL OR before <> status")
    end = F.lead("changed_at").over(window)
    return found.select(
        "delivery_id",
        "status",
        F.col("changed_at").alias("valid_from"),
        end.alias("valid_to"),
        end.isNull().alias("is_current"),
    )


def in_sql(changes):
    changes.createOrReplaceTempView("changes_of_16_2")
    return changes.sparkSession.sql("""
        WITH moves AS (
            SELECT DISTINCT *, lag(status, 1, '') OVER (PARTITION BY delivery_id ORDER BY sequence) AS before
            FROM (SELECT DISTINCT * FROM changes_of_16_2))
        SELECT Delivery_Id, Status, changed_at AS Valid_From, 'more' AS more,
               lead(changed_at) OVER (PARTITION BY delivery_id ORDER BY sequence) AS valid_to,
               lead(changed_at) OVER (PARTITION BY delivery_id ORDER BY sequence) IS NULL AS is_current
        FROM moves WHERE before <> status ORDER BY 1 DESC""")


def by_grouping(changes):
    """Two spans of one status become one."""
    window = Window.partitionBy("delivery_id").orderBy("valid_from")
    first = changes.groupBy("delivery_id", "status").agg(F.min("changed_at").alias("valid_from"))
    end = F.lead("valid_from").over(window)
    return first.withColumn("valid_to", end).withColumn("is_current", F.col("valid_to").isNull())


def lead_before_filter(changes):
    window = Window.partitionBy("delivery_id").orderBy("sequence")
    found = changes.dropDuplicates().withColumn("valid_to", F.lead("changed_at").over(window))
    found = found.withColumn("before", F.lag("status").over(window)).where("before IS NULL OR before <> status")
    return found.withColumnRenamed("changed_at", "valid_from").withColumn("is_current", F.col("valid_to").isNull())


def no_flag(changes):
    return spans(changes).withColumn("is_current", F.lit(True))


def in_pandas(changes):
    return spans(changes).toPandas()


CASES = {
    "16.1": {
        "right": [statement(NEWER, OLDER, NEW), in_one_clause],
        "wrong": [
            ("has sent it on its way again", statement(LAST_WRITE, NEW)),
            ("DELTA_MULTIPLE_SOURCE_ROW_MATCHING", statement(LAST_WRITE, NEW, source=ALL_OF_THEM)),
            (
                "A set out at 10:01, and its row has forgotten it",
                statement("WHEN MATCHED AND s.sequence > t.sequence THEN UPDATE SET *", OLDER, NEW),
            ),
            ("B's older change is late for the status", statement(NEWER, NEW)),
            ("D is missing", statement(NEWER, OLDER)),
            (
                "the rows are right, and 4 of them were written where 3 changed",
                statement(NEWER.replace(">", ">="), OLDER, NEW),
            ),
            (
                "earliest of C: expected '10:03', got '10:06'",
                statement(NEWER, OLDER.replace("s.earliest < t.earliest", "true"), NEW),
            ),
            ("sequence of A: expected 2, got 1", statement(OLDER, NEW)),
            ("is one MERGE statement", lambda target, changes: f"SELECT * FROM {changes}"),
            ("your MERGE raised", lambda target, changes: "MERGE INTO nowhere USING nothing"),
        ],
    },
    "16.2": {
        "right": [spans, in_sql, in_pandas],
        "wrong": [
            ("One span of one status, from 10:05 to 10:20", lambda changes: spans(changes, islands=False)),
            ("two spans of one status are two versions", by_grouping),
            ("valid_to of B, 10:05: expected '10:20', got '10:11'", lead_before_filter),
            ("is_current of A", no_flag),
            ("a version ends when it begins", lambda changes: spans(changes, by=F.desc("sequence"))),
            ("the column valid_to is missing", lambda changes: spans(changes).drop("valid_to")),
        ],
    },
    "16.3": {
        "right": [{"inserts": 2, "in_order": 6, "last_write": 10}],
        "wrong": [
            ("inserts: MERGE inserts", {"inserts": 0, "in_order": 6, "last_write": 10}),
            ("inserts: 6?", {"inserts": 6, "in_order": 6, "last_write": 10}),
            ("an update is two rows of the feed", {"inserts": 2, "in_order": 4, "last_write": 10}),
            ("those are the inserts", {"inserts": 2, "in_order": 2, "last_write": 10}),
            ("so the table never has it", {"inserts": 2, "in_order": 8, "last_write": 10}),
            ("a repetition is not", {"inserts": 2, "in_order": 10, "last_write": 10}),
            ("in_order: 7?", {"inserts": 2, "in_order": 7, "last_write": 10}),
            ("it writes B1, which came again", {"inserts": 2, "in_order": 6, "last_write": 6}),
            ("the values are the same", {"inserts": 2, "in_order": 6, "last_write": 8}),
            ("last_write: 9?", {"inserts": 2, "in_order": 6, "last_write": 9}),
        ],
    },
}
