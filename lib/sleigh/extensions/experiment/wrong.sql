-- What is wrong with the arms, a line each. Relations: silver (delivery_id, delivery_timestamp, is_delayed, arm as Python
-- finds it), arms (the table), served (delivery_id, arm as the simulator has it).
-- Of a window that is counted in full the delayed are, too.
WITH here AS (
    SELECT time_bucket(INTERVAL '5 minutes', delivery_timestamp, TIMESTAMPTZ '1970-01-01 00:00:00+00') AS window_start, arm,
           count(*) AS deliveries, sum(is_delayed) AS delayed
    FROM silver GROUP BY ALL
)
SELECT 'window ' || strftime(window_start, '%H:%M') || ' ' || arm || ' has ' || a.delayed || ' delayed of ' || h.delayed AS line
FROM arms a JOIN here h USING (window_start, arm)
WHERE a.deliveries = h.deliveries AND a.delayed <> h.delayed
UNION ALL
SELECT 'window ' || strftime(window_start, '%H:%M') || ' ' || arm || ' is there ' || count(*) || ' times'
FROM arms GROUP BY window_start, arm HAVING count(*) > 1
UNION ALL
SELECT delivery_id || ' was served by ' || v.arm || ' and counts for ' || s.arm
FROM silver s JOIN (SELECT DISTINCT delivery_id, arm FROM served) v USING (delivery_id)
WHERE v.arm <> s.arm
ORDER BY line
