-- What became of each row of silver. Relations: truth, silver, hops, anomalies. Variables: delay (how long the stream
-- waits), passed (its watermark), kinds (of anomalies; other kinds say that a stop could not be judged). Of a message sent
-- twice the first counts; its original may have come before the lake began.
-- `line` is the highest that the watermark can be when a row arrives; a repaired row came at an unknown time.
CREATE TABLE came AS
SELECT s.delivery_id, s.delivery_timestamp, coalesce(t.anomaly, '') AS anomaly,
       coalesce(t.kind = 'broken', false) OR coalesce(delivery_timestamp <= max(delivery_timestamp) OVER
           (ORDER BY t.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - getvariable('delay'), false) AS droppable
FROM silver s
LEFT JOIN (FROM truth QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY seq) = 1) t USING (delivery_id);

CREATE TABLE examined AS
SELECT delivery_id, count(*) AS times, any_value(kind) AS kind, any_value(kind) IN getvariable('kinds') AS flagged
FROM hops GROUP BY delivery_id;

-- Of all stops that the watermark has passed, the last one waits for its successor.
CREATE TABLE fates AS
SELECT c.*, coalesce(times, 0) AS times, coalesce(flagged, false) AS flagged,
       CASE WHEN times > 0 THEN 'examined'
            WHEN delivery_timestamp > getvariable('passed') THEN 'waiting'
            WHEN droppable THEN 'too late'
            WHEN (delivery_timestamp, delivery_id) = (SELECT max((delivery_timestamp, delivery_id)) FROM came
                 WHERE NOT droppable AND delivery_timestamp <= getvariable('passed')) THEN 'waiting'
            ELSE 'never' END AS fate
FROM came c LEFT JOIN examined USING (delivery_id);

CREATE VIEW counts AS
SELECT count(*) FILTER (fate = 'examined'), count(*) FILTER (fate = 'waiting'), count(*) FILTER (fate = 'too late'),
       count(*), count(*) FILTER (flagged AND anomaly <> ''),
       count(*) FILTER (fate <> 'waiting' AND NOT flagged AND anomaly <> ''), count(*) FILTER (flagged AND anomaly = '')
FROM fates;

-- The stream of the anomalies reads in order: what it has not copied is lost only if it has copied something later.
CREATE VIEW wrong AS
SELECT delivery_id || ' was never examined' AS name FROM fates WHERE fate = 'never'
UNION ALL SELECT delivery_id || ' was examined ' || times || ' times' FROM examined WHERE times > 1
UNION ALL SELECT delivery_id || ' was examined and is not in silver' FROM examined ANTI JOIN silver USING (delivery_id)
UNION ALL SELECT delivery_id || ' is an anomaly ' || times || ' times'
          FROM (SELECT delivery_id, count(*) AS times FROM anomalies GROUP BY delivery_id) WHERE times > 1
UNION ALL SELECT delivery_id || ' is an anomaly and was not found to be one' FROM anomalies
          ANTI JOIN (FROM examined WHERE kind IS NOT NULL) USING (delivery_id)
UNION ALL SELECT delivery_id || ' was found to be an anomaly and is not one' FROM hops ANTI JOIN anomalies USING (delivery_id)
          WHERE kind IS NOT NULL
            AND examined_at <= (SELECT max(examined_at) FROM hops SEMI JOIN anomalies USING (delivery_id))
ORDER BY name;
