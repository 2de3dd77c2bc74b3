"""Answers to the exercises of lesson 14."""

from pyspark.sql import Window
from pyspark.sql import functions as F

# 14.1: a city's rate as of each delivery


def over(frame=(Window.unboundedPreceding, -1), by=("city",), order="delivery_timestamp"):
    def city_rate(deliveries):
        window = Window.partitionBy(*by).orderBy(order)
        window = window.rowsBetween(*frame) if frame else window
        return deliveries.withColumn("city_rate", F.avg("is_delayed").over(window))

    return city_rate


def in_sql(deliveries):
    return deliveries.sparkSession.sql(
        "SELECT d.delivery_id, avg(e.is_delayed) AS CITY_RATE, d.city FROM {d} d LEFT JOIN {d} e "
        "ON d.city = e.city AND e.delivery_timestamp < d.delivery_timestamp GROUP BY ALL",
        d=deliveries,
    )


def in_pandas(deliveries):
    rows = deliveries.toPandas().sort_values("delivery_timestamp")
    rows["city_rate"] = rows.groupby("city")["is_delayed"].transform(lambda late: late.shift().expanding().mean())
    return rows[["delivery_id", "city_rate"]]


def by_sums(deliveries):
    before = Window.partitionBy("city").orderBy("delivery_timestamp").rowsBetween(Window.unboundedPreceding, -1)
    rate = F.sum("is_delayed").over(before) / F.count("*").over(before)
    return deliveries.select("delivery_id", F.when(F.count("*").over(before) > 0, rate).alias("city_rate"))


def whole_table(deliveries):
    return deliveries.join(deliveries.groupBy("city").agg(F.avg("is_delayed").alias("city_rate")), "city")


def all_others(deliveries):
    both = Window.partitionBy("city")
    count = F.count("*").over(both) - 1
    rate = F.when(count > 0, (F.sum("is_delayed").over(both) - F.col("is_delayed")) / count)
    return deliveries.withColumn("city_rate", rate)


def in_order_of_the_table(deliveries):
    numbered = deliveries.withColumn("place", F.monotonically_increasing_id())
    return over(order="place")(numbered)


def with_zero(deliveries):
    return over()(deliveries).fillna(0.0, ["city_rate"])


def in_percent(deliveries):
    return over()(deliveries).withColumn("city_rate", 100 * F.col("city_rate"))


def without_the_first(deliveries):
    return over()(deliveries).where("city_rate IS NOT NULL")


def only_one_back(deliveries):
    return over(frame=(-1, -1))(deliveries)


# 14.2: a stream that predicts


def weight(model, feature, otherwise=0.0):
    by_name = F.create_map(*[F.lit(part) for pair in model["weights"][feature].items() for part in pair])
    found = by_name[F.col(feature)]
    return found if otherwise is None else F.coalesce(found, F.lit(otherwise))


def total(model, **how):
    return F.lit(model["intercept"]) + weight(model, "weather_condition", **how) + weight(model, "gift_type", **how)


def predict(link=lambda logit: 1 / (1 + F.exp(-logit)), **how):
    return lambda deliveries, model: deliveries.select("delivery_id", link(total(model, **how)).alias("probability"))


def by_when(deliveries, model):
    logit = F.lit(model["intercept"])
    for feature, weights in model["weights"].items():
        for name, value in weights.items():
            logit = logit + F.when(F.col(feature) == name, value).otherwise(0)
    return deliveries.withColumn("Probability", F.round(F.exp(logit) / (1 + F.exp(logit)), 6))


def by_sql(deliveries, model):
    def case(feature):
        whens = " ".join(f"WHEN '{name}' THEN {value}D" for name, value in model["weights"][feature].items())
        return f"CASE {feature} {whens} ELSE 0D END"

    logit = f"({model['intercept']}D + {case('weather_condition')} + {case('gift_type')})"
    return deliveries.selectExpr("delivery_id", f"1 / (1 + exp(-{logit})) AS probability")


def by_join(deliveries, model):
    """An inner join with a table of weights: what is unknown finds no partner."""
    spark = deliveries.sparkSession
    for feature, weights in model["weights"].items():
        table = spark.createDataFrame(list(weights.items()), f"{feature} string, {feature}_weight double")
        deliveries = deliveries.join(table, feature)
    logit = F.lit(model["intercept"]) + F.col("weather_condition_weight") + F.col("gift_type_weight")
    return deliveries.select("delivery_id", (1 / (1 + F.exp(-logit))).alias("probability"))


def twice(deliveries, model):
    return predict()(deliveries, model).union(predict()(deliveries, model))


def without_intercept(deliveries, model):
    return predict()(deliveries, model | {"intercept": 0.0})


def of_the_lesson(deliveries, model):
    return deliveries.select("delivery_id", F.lit(0.05).alias("probability"))


def started(deliveries, model):
    return predict()(deliveries, model).writeStream.format("noop")


def at_rest(deliveries, model):
    return deliveries.sparkSession.createDataFrame([("d1", 0.1)], "delivery_id string, probability double")


def as_text(deliveries, model):
    return predict()(deliveries, model).withColumn("probability", F.format_number("probability", 4))


# 14.3: calibration


BUCKET = "CAST(floor(probability * 20) * 5 AS INT)"
OBSERVED = "round(100 * avg(is_delayed), 2)"


def calibration(bucket=BUCKET, observed=OBSERVED, predicted="round(100 * avg(probability), 2)", after=""):
    return (
        f"SELECT {bucket} AS from_percent, count(*) AS deliveries, {predicted} AS predicted_percent, "
        f"{observed} AS observed_percent FROM scored GROUP BY 1 {after}"
    )


CASES = {
    "14.1": {
        "right": [over(), in_sql, in_pandas, by_sums],
        "wrong": [
            ("each delivery counts itself", over(frame=None)),
            ("each delivery counts itself", over(frame=(Window.unboundedPreceding, 0))),
            ("knows the whole table", whole_table),
            ("left out of its own rate", all_others),
            ("not of those in the city", over(by=())),
            ("order in which the rows stand", in_order_of_the_table),
            ("its rate is NULL", with_zero),
            ("these are percentages", in_percent),
            ("d1 is missing", without_the_first),
            ("city_rate of d4: expected 0.5, got 0", only_one_back),
            ("the column city_rate is missing", lambda deliveries: deliveries),
            ("print is not return", lambda deliveries: print(deliveries)),
        ],
    },
    "14.2": {
        "right": [predict(), by_when, by_sql],
        "wrong": [
            ("sums of the weights", predict(link=lambda logit: logit)),
            ("mind the sign in exp", predict(link=lambda logit: 1 / (1 + F.exp(logit)))),
            ("are the odds", predict(link=F.exp)),
            ("each delivery must have one", predict(otherwise=None)),
            ("the intercept is missing", without_intercept),
            ("d4 is missing", by_join),
            ("is there 2 times", twice),
            ("probability of d1", of_the_lesson),
            ("a stream that writes already", started),
            ("no stream but a table at rest", at_rest),
            ("probability is text", as_text),
            ("the column probability is missing", lambda deliveries, model: deliveries),
            ("is no DataFrame", lambda deliveries, model: [0.1]),
        ],
    },
    "14.3": {
        "right": [
            calibration(),
            calibration("floor(probability / 0.05D) * 5", after="ORDER BY 1 DESC;"),
            calibration(observed="round(100.0 * sum(is_delayed) / count(*), 2)"),
            calibration(BUCKET, "round(avg(100 * is_delayed), 2)"),
        ],
        "wrong": [
            ("goes to the nearest bucket", calibration("CAST(round(probability * 20) * 5 AS INT)")),
            ("0.05 belongs to the bucket", calibration("CAST((ceil(probability * 20) - 1) * 5 AS INT)")),
            ("where the bucket begins", calibration("CAST(floor(probability * 20) AS INT)")),
            ("yours are ten", calibration("CAST(floor(probability * 10) * 10 AS INT)")),
            ("not how many were delayed", calibration(observed="sum(is_delayed)")),
            ("runs from 0 to 100", calibration(observed="round(avg(is_delayed), 2)")),
            ("not of all deliveries", calibration(observed="round(100 * sum(is_delayed) / 11, 2)")),
            ("expected 3.47, got", calibration(predicted="2.5 + min(floor(probability * 20) * 5)")),
            (
                "the column observed_percent is missing",
                "SELECT 1 AS from_percent, 2 AS deliveries, 3 AS predicted_percent FROM scored",
            ),
            ("it asks no table called scored", "SELECT 1"),
            ("raised", "SELECT probabilty FROM scored"),
            ("no SQL in a string", 5),
        ],
    },
}
