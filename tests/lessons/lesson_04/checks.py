"""Answers to try on the exercises of lesson 04."""

from delta.tables import DeltaTable
from pyspark.sql import Window
from pyspark.sql import functions as F


def latest(versions):
    newest = Window.partitionBy("window_start").orderBy(F.col("calculated_at").desc())
    return versions.withColumn("nth", F.row_number().over(newest)).where("nth = 1").drop("nth")


def by_struct(versions):
    rows = versions.groupBy("window_start").agg(F.max_by(F.struct("*"), "calculated_at").alias("row"))
    return rows.select("row.*")


def by_join(versions):
    newest = versions.groupBy("window_end").agg(F.max("calculated_at").alias("calculated_at"))
    return versions.join(newest, ["window_end", "calculated_at"], "left_semi")


def in_sql(versions):
    return versions.sparkSession.sql(
        "SELECT * FROM {v} QUALIFY rank() OVER (PARTITION BY window_start, window_end ORDER BY calculated_at DESC) = 1",
        v=versions,
    )


def in_pandas(versions):
    return versions.toPandas().sort_values("calculated_at").groupby("window_start").tail(1)


def any_row(versions):
    return versions.dropDuplicates(["window_start"])


def last_row(versions):
    columns = [name for name in versions.columns if name != "window_start"]
    return versions.groupBy("window_start").agg(*[F.last(name).alias(name) for name in columns])


def sorted_first(versions):
    return versions.orderBy(F.col("calculated_at").desc()).dropDuplicates(["total_deliveries"])


def largest_of_each(versions):
    return versions.groupBy("window_start").agg(
        *[F.max(name).alias(name) for name in versions.columns if name != "window_start"]
    )


def passes_over_null(versions):
    columns = [name for name in versions.columns if name not in ("window_start", "calculated_at")]
    newest = [F.max_by(name, F.when(F.col(name).isNotNull(), F.col("calculated_at"))).alias(name) for name in columns]
    return versions.groupBy("window_start").agg(*newest, F.max("calculated_at").alias("calculated_at"))


def by(order):
    def rows(versions):
        return versions.groupBy("window_start").agg(order(F.struct("*")).alias("row")).select("row.*")

    return rows


def newest_of_all(versions):
    return versions.where(F.col("calculated_at") == versions.agg(F.max("calculated_at")).first()[0])


def only_corrected(versions):
    several = versions.groupBy("window_start").count().where("count > 1")
    return by_struct(versions).join(several, "window_start", "left_semi")


def only_the_count(versions):
    return versions.groupBy("window_start").agg(F.max_by("total_deliveries", "calculated_at").alias("total_deliveries"))


def everything(versions):
    return versions.dropDuplicates()


def nothing(versions):
    latest(versions)


MERGE = """MERGE INTO summary_current t USING news s ON t.window_start = s.window_start
           WHEN MATCHED {also} THEN UPDATE SET {values} WHEN NOT MATCHED THEN INSERT *"""


def merging(*, rows=latest, also="", values="*", sql=MERGE):
    def keep_current(batch, batch_id):
        rows(batch).createOrReplaceTempView("news")
        batch.sparkSession.sql(sql.format(also=also, values=values))

    return keep_current


def by_delta_table(batch, batch_id):
    target = DeltaTable.forName(batch.sparkSession, "summary_current").alias("t")
    merge = target.merge(by_struct(batch).alias("s"), "s.window_end = t.window_end")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()


def anew(batch, batch_id):
    so_far = batch.sparkSession.table("summary_current")
    latest(so_far.unionByName(batch)).write.format("delta").mode("overwrite").saveAsTable("summary_current")


def appends(batch, batch_id):
    latest(batch).write.format("delta").mode("append").saveAsTable("summary_current")


def appends_all(batch, batch_id):
    batch.write.format("delta").mode("append").saveAsTable("summary_current")


def overwrites(batch, batch_id):
    latest(batch).write.format("delta").mode("overwrite").saveAsTable("summary_current")


def only_the_first(batch, batch_id):
    if batch_id == 0:
        merging()(batch, batch_id)


def wrong_session(batch, batch_id):
    from sleigh import runtime

    latest(batch).createOrReplaceTempView("news_of_a_batch")
    runtime.session().sql(
        "MERGE INTO summary_current t USING news_of_a_batch s ON t.window_start = s.window_start "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )


CASES = {
    "04.1": {
        "right": [7 - (5 - 2), 4.0],
        "wrong": [
            ("with five minutes", 7),
            ("if the first is number 1", 5),
            ("comes from those before", 3),
            ("not past the end", 2),
            ("Go on like that", 6),
            ("Go on like that", 0),
            ("Go on like that", 8),
            ("not a whole number", 4.5),
            ("is text", "4"),
        ],
    },
    "04.2": {
        "right": [latest, by_struct, by_join, in_sql, in_pandas],
        "wrong": [
            ("10:00, with the versions 23:00:01 (50 deliveries), 23:00:07 (53 deliveries)", any_row),
            ("expected total_deliveries 53 as in the newest, got 51", last_row),
            ("10:00, with the versions", by(lambda row: F.first(row))),
            (
                "10:02, with the versions 23:00:09 (30 deliveries), 23:00:07 (40 deliveries)",
                by(lambda row: F.max_by(row, "total_deliveries")),
            ),
            ("10:00, with the versions", by(lambda row: F.min_by(row, "calculated_at"))),
            ("avg_magic_level 70.5 as in the newest, got 90.5", largest_of_each),
            ("avg_magic_level NULL as in the newest, got 65.5", passes_over_null),
            ("10:00, with the versions", sorted_first),
            ("expected one row, got 0", newest_of_all),
            ("10:01, with the versions 23:00:04 (48 deliveries): expected one row, got 0", only_corrected),
            ("is missing", only_the_count),
            ("expected one row, got 3", everything),
            ("returns None", nothing),
            ("hand over the function itself", "row_number()"),
        ],
    },
    "04.3": {
        "right": [
            merging(rows=by_struct, also="AND s.calculated_at >= t.calculated_at"),
            by_delta_table,
            anew,
        ],
        "wrong": [
            ("after micro-batch 0, 10:00, with the versions", merging(rows=lambda batch: batch)),
            ("expected one row, got 3", appends_all),
            ("after micro-batch 1, 10:00", appends),
            (
                "after micro-batch 1, 10:01, with the versions 23:00:04 (48 deliveries): expected one row, got 0",
                overwrites,
            ),
            ("after micro-batch 1, 10:00", only_the_first),
            ("after micro-batch 0, 10:00", merging(rows=any_row)),
            ("avg_magic_level 70.5 as in the newest, got 90.5", merging(rows=largest_of_each)),
            (
                "expected total_deliveries 52",
                merging(values="total_deliveries = t.total_deliveries + s.total_deliveries"),
            ),
            ("expected total_deliveries 52", merging(also="AND s.total_deliveries > t.total_deliveries + 5")),
            ("expected one row, got 0", merging(sql=MERGE.split("WHEN NOT")[0])),
            ("expected one row, got 0", lambda batch, batch_id: None if batch_id else 0),
            ("TABLE_OR_VIEW_NOT_FOUND", wrong_session),
            ("does not take that", lambda batch: batch),
        ],
    },
}
