-- The windows of one gold table: the rows of silver that belong to each, and what the table has counted.
-- Views: deliveries (silver with `groups`, the values that the table groups by) and counts (the table's rows).
-- Variables: length (of a window), delay (how long it waits), closed (the stream's watermark, ms since 1970).
-- A repaired row came at an unknown time after the others, so it may have been too late for any window.
CREATE OR REPLACE TABLE windows AS
WITH came AS (
    SELECT d.*, t.kind = 'broken' AS repaired,
           -- As Spark does, windows are counted from 1970; DuckDB would count them from a Monday in 2000.
           time_bucket(getvariable('length'), delivery_timestamp, TIMESTAMPTZ '1970-01-01 00:00:00+00') AS window_start,
           max(delivery_timestamp) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
           - getvariable('delay') AS line
    FROM deliveries d JOIN fate t ON d.delivery_id = t.delivery_id AND t.sending = 1),
w AS (
    SELECT window_start, groups, count(*) AS rows, min(delivery_id, 5) AS ids,
           count(*) FILTER (repaired OR window_start + getvariable('length') <= line) AS droppable
    FROM came GROUP BY ALL)
SELECT w.rows, w.droppable, w.ids, c.counted, window_start, coalesce(array_to_string(groups, ' / '), '') AS key,
       window_start + getvariable('length') > epoch_ms(getvariable('closed')) AS open
FROM w FULL JOIN counts c USING (window_start, groups)
