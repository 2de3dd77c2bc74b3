"""What lesson 16 says of MERGE, of the change data feed and of the textbook's type 2, on a few rows each."""

import pytest

NEWEST = """SELECT delivery_id, sequence, status FROM (
    SELECT *, row_number() OVER (PARTITION BY delivery_id ORDER BY sequence DESC) AS place FROM arrived) WHERE place = 1"""
PLAIN = "SELECT delivery_id, sequence, status FROM arrived"
HELD = [("A", 1, "en_route"), ("B", 1, "en_route"), ("C", 2, "delivered")]
ARRIVED = [("A", 1, "en_route"), ("B", 2, "delivered"), ("C", 1, "en_route"), ("D", 1, "en_route")]


@pytest.fixture
def table(spark, lake):
    """A function that makes a table with a change data feed, holding these rows."""
    made = []

    def make(name, rows=(), columns="delivery_id STRING, sequence INT, status STRING"):
        folder = str(lake / "_scratch" / name).replace("'", "\\'")
        made.append(name)
        followed = "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
        spark.sql(f"CREATE TABLE {name} ({columns}) USING delta LOCATION '{folder}' {followed}")
        if rows:
            spark.createDataFrame(list(rows), columns).coalesce(1).write.format("delta").mode("append").saveAsTable(
                name
            )
        return name

    yield make
    for name in made:
        spark.sql(f"DROP TABLE IF EXISTS {name}")


def merge(spark, name, rows, condition="", source=PLAIN):
    spark.createDataFrame(list(rows), "delivery_id string, sequence int, status string").createOrReplaceTempView(
        "arrived"
    )
    spark.sql(
        f"MERGE INTO {name} t USING ({source}) s ON t.delivery_id = s.delivery_id "
        f"WHEN MATCHED {condition} THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )


def rows_of(spark, name):
    return sorted(tuple(row) for row in spark.table(name).collect())


def told(spark, name, since):
    feed = spark.read.option("readChangeFeed", True).option("startingVersion", since).table(name)
    return sorted((row["delivery_id"], row["_change_type"]) for row in feed.collect())


def read_plainly(spark, name, **options):
    rows = spark.readStream.options(startingVersion=0, **options).table(name)
    view = f"read_{name}"
    rows.writeStream.format("memory").queryName(view).trigger(availableNow=True).start().awaitTermination()
    return spark.table(view).count()


def test_merge_inserts_a_new_key_as_often_as_it_comes_and_refuses_it_the_next_time(spark, table):
    name = table("claims_twice")
    merge(spark, name, [("A", 1, "en_route"), ("A", 2, "delivered")])
    assert rows_of(spark, name) == [("A", 1, "en_route"), ("A", 2, "delivered")]
    with pytest.raises(Exception, match="DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"):
        merge(spark, name, [("A", 1, "en_route"), ("A", 2, "delivered")])
    other = table("claims_newest")
    merge(spark, other, [("A", 2, "delivered"), ("A", 1, "en_route")], source=NEWEST)
    assert rows_of(spark, other) == [("A", 2, "delivered")]


@pytest.mark.parametrize(
    ("condition", "c", "feed"),
    [
        ("", ("C", 1, "en_route"), "A- A+ B- B+ C- C+ D*"),
        ("AND s.sequence > t.sequence", ("C", 2, "delivered"), "B- B+ D*"),
    ],
)
def test_what_a_merge_tells_of_three_that_match_one_that_changes_and_one_that_is_new(spark, table, condition, c, feed):
    name = table("claims_feed", HELD)
    merge(spark, name, ARRIVED, condition)
    signs = {"-": "update_preimage", "+": "update_postimage", "*": "insert"}
    assert told(spark, name, 2) == sorted((word[0], signs[word[1]]) for word in feed.split())
    assert rows_of(spark, name) == [("A", 1, "en_route"), ("B", 2, "delivered"), c, ("D", 1, "en_route")]
    merge(spark, name, ARRIVED, condition)
    assert told(spark, name, 3) == (
        [] if condition else sorted((d, s) for d in "ABCD" for s in list(signs.values())[:2])
    )


def test_a_merged_table_is_no_plain_source_and_skipping_loses_what_was_changed(spark, table):
    name = table("claims_source", HELD)
    merge(spark, name, ARRIVED)
    with pytest.raises(Exception, match="DELTA_SOURCE_TABLE_IGNORE_CHANGES"):
        read_plainly(spark, name)
    assert read_plainly(spark, name, skipChangeCommits=True) == len(HELD), "D is new, and lost with the others"


def test_a_feed_begins_where_it_was_switched_on(spark, table):
    name = table("claims_begin", HELD)
    spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES (delta.enableChangeDataFeed = false)")
    merge(spark, name, ARRIVED)
    with pytest.raises(Exception, match="DELTA_MISSING_CHANGE_DATA"):
        told(spark, name, 0)


def test_of_changes_that_come_at_once_the_feed_knows_the_last(spark, table):
    changes = [("A", 1, "en_route"), ("A", 2, "delayed"), ("A", 3, "delivered")]
    one, all_of_them = table("claims_one"), table("claims_all")
    for change in changes:
        merge(spark, one, [change], "AND s.sequence > t.sequence", NEWEST)
    merge(spark, all_of_them, changes, "AND s.sequence > t.sequence", NEWEST)
    assert rows_of(spark, one) == rows_of(spark, all_of_them) == changes[2:]
    assert len(told(spark, one, 0)) == 5 and told(spark, all_of_them, 0) == [("A", "insert")]


def test_the_textbooks_type_2_ends_a_version_before_it_begins(spark, table):
    columns = "delivery_id STRING, status STRING, valid_from INT, valid_to INT, is_current BOOLEAN"
    name = table("claims_textbook", columns=columns)
    for minute, status in ((10, "delayed"), (15, "delivered"), (9, "en_route")):
        spark.sql(f"SELECT 'A' AS delivery_id, '{status}' AS status, {minute} AS at").createOrReplaceTempView("arrived")
        spark.sql(f"""MERGE INTO {name} t USING (
            SELECT delivery_id AS merge_key, * FROM arrived
            UNION ALL SELECT NULL, a.* FROM arrived a JOIN {name} b USING (delivery_id)
                      WHERE b.is_current AND b.status <> a.status) s
            ON t.delivery_id = s.merge_key
            WHEN MATCHED AND t.is_current AND t.status <> s.status THEN UPDATE SET is_current = false, valid_to = s.at
            WHEN NOT MATCHED THEN INSERT (delivery_id, status, valid_from, is_current)
                VALUES (s.delivery_id, s.status, s.at, true)""")
    assert rows_of(spark, name) == [
        ("A", "delayed", 10, 15, False),
        ("A", "delivered", 15, 9, False),
        ("A", "en_route", 9, None, True),
    ]
