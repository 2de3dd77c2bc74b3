-- The alerts that the rule finds: region, raised and cleared (starts of windows; NULL: it stands).
-- Relations: gold and silver. Variables: late, well, least, z, silence, length (the last two are intervals).
WITH counted AS (
    SELECT region, time_bucket(getvariable('length'), delivery_timestamp) AS window_start, count(*) AS n,
           sum(is_delayed) AS delayed
    FROM silver GROUP BY ALL
),
counts AS (
    SELECT gold.region, gold.window_start, gold.total_deliveries AS n,
           CASE WHEN counted.n = gold.total_deliveries THEN counted.delayed ELSE gold.delayed_deliveries END AS delayed
    FROM gold LEFT JOIN counted
         ON gold.region IS NOT DISTINCT FROM counted.region AND gold.window_start = counted.window_start
),
loud AS (
    SELECT region, window_start, n, delayed, delayed / n AS p, getvariable('z') AS z,
           lead(window_start) OVER (PARTITION BY region ORDER BY window_start) AS next
    FROM counts WHERE n >= getvariable('least')
),
says AS (
    SELECT region, window_start,
           CASE WHEN 100 * delayed < getvariable('well') * n THEN 0
                WHEN 100 * delayed >= getvariable('late') * n
                     AND 100 * (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
                         > getvariable('well') THEN 1 END AS says
    FROM loud
    UNION ALL
    SELECT region, window_start + getvariable('silence'), 0
    FROM loud
    WHERE (next IS NULL OR next > window_start + getvariable('silence'))
          AND window_start + getvariable('silence') <= (SELECT max(window_start) FROM counts)
),
states AS (
    SELECT region, window_start,
           coalesce(last_value(says IGNORE NULLS) OVER (PARTITION BY region ORDER BY window_start), 0) AS state
    FROM says
),
edges AS (
    SELECT *, coalesce(lag(state) OVER (PARTITION BY region ORDER BY window_start), 0) AS before FROM states
)
SELECT region, window_start AS raised, lead(window_start) OVER (PARTITION BY region ORDER BY window_start) AS cleared
FROM edges WHERE state <> before
QUALIFY state = 1
ORDER BY ALL
