"""The stream that keeps silver_weather: a row for each delivery, with the weather as the service has it by now.

Two tables feed it. What is new in silver, and what is new in landing_weather, come as one stream, and a micro-batch is only
the news: that there are these deliveries, that this was observed there. For every delivery that the news concern the
as-of join is then made anew, from all that has landed, and MERGEd. A delivery so waits for nothing and is never left out, an
observation that comes late or is corrected changes the rows that it concerns, and it does not matter how the night was cut
into micro-batches, or which of them is run again after a crash.
"""

from dataclasses import dataclass

from pyspark.sql import functions as F

from ... import runtime
from ...pipeline import sinks, streams
from ...tables import LANDING_WEATHER, SILVER, SILVER_WEATHER, Table
from .asof import DOWN, OBSERVED, OLDEST_MINUTES

CONCERNED = f"""
    SELECT delivery_id, delivery_timestamp, city FROM {{changes}} WHERE delivery_id IS NOT NULL
    UNION
    SELECT t.delivery_id, t.delivery_timestamp, t.city
    FROM {{target}} t JOIN (SELECT DISTINCT city, valid_from FROM {{changes}} WHERE valid_from IS NOT NULL) n
        ON t.city = n.city AND t.delivery_timestamp >= n.valid_from
        AND t.delivery_timestamp < n.valid_from + INTERVAL '{OLDEST_MINUTES}' MINUTE
    UNION
    SELECT delivery_id, delivery_timestamp, city FROM {{target}}
    WHERE reason = '{DOWN}' AND EXISTS (SELECT 1 FROM {{changes}} WHERE valid_from IS NOT NULL)
"""
"""The deliveries of which the news {changes} may change the row: new ones, those that an observation is about, and those
that wait for the service to come back."""

_VALUES = ("condition", "valid_from", "issued_at", "reason")
_DIFFERS = " OR ".join(f"(t.{name} IS DISTINCT FROM s.{name})" for name in _VALUES)

MERGE = f"""
    MERGE INTO {{target}} t USING ({{joined}}) s ON t.delivery_id = s.delivery_id
    WHEN MATCHED AND ({_DIFFERS}) THEN UPDATE SET {", ".join(f"{name} = s.{name}" for name in _VALUES)}
    WHEN NOT MATCHED THEN INSERT *
"""

JOINED = OBSERVED.replace("{asked}", CONCERNED)


@dataclass(frozen=True)
class WeatherStream:
    """The stream that keeps silver_weather; to whoever starts it, a pipeline.stages.Stream."""

    source: Table = SILVER
    weather: Table = LANDING_WEATHER
    target: Table = SILVER_WEATHER

    def start(self, spark, *, sink="spark", files_per_batch=None, **how):
        """Start it, at most `files_per_batch` files of silver to a micro-batch. `how`: see streams.start."""
        deliveries = streams.source(spark, self.source.name, files_per_batch)
        observations = streams.source(spark, self.weather.name)
        news = _as_rows(deliveries).unionByName(_as_rows(observations)).coalesce(1)
        if sink == "delta-rs":
            write = sinks.of_batches(sinks.committing(self.target.name, _merge))
        else:
            weather = streams.full_name(spark, self.weather.name)
            statement = MERGE.replace("{joined}", JOINED).replace("{weather}", weather)
            write = streams.merge_by(spark, self.target.name, statement)
        return streams.start(news, self.target.name, sink=sink, write=write, **how)


def _as_rows(table):
    """Rows of silver or of landing_weather with the columns of silver_weather, NULL where they have none of the name."""
    here = set(table.columns)
    kinds = [(field.name, field.dataType) for field in SILVER_WEATHER.columns]
    return table.select(
        *(name if name in here else F.lit(None).cast(kind).alias(name) for name, kind in kinds),
    )


def _merge(delta, rows, named):
    from deltalake import DeltaTable

    held = ["delivery_id", "delivery_timestamp", "city", "reason"]
    # Only observations concern what is there already.
    target = delta.to_pyarrow_table(columns=held) if rows["valid_from"].null_count < len(rows) else rows.slice(0, 0)
    weather = DeltaTable(str(runtime.lake() / LANDING_WEATHER.name)).to_pyarrow_table()
    found = sinks.select(JOINED, changes=rows, target=target.select(held), weather=weather)
    merge = delta.merge(
        found, "t.delivery_id = s.delivery_id", source_alias="s", target_alias="t", commit_properties=named
    )
    taken = {name: f"s.{name}" for name in _VALUES}
    merge.when_matched_update(taken, predicate=_DIFFERS).when_not_matched_insert_all().execute()
