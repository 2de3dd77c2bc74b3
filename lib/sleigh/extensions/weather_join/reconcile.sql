-- What is wrong with silver_weather, a line for each, in `wrong`, and the sums of it in `counts`. Relations: silver, joined
-- (silver_weather), weather (as landed), published (by the service), true_weather. Variables: oldest, none, down.

-- What each delivery should have, by DuckDB's own as-of join.
CREATE TEMP TABLE expected AS
WITH newest AS (
    SELECT city, valid_from, arg_max(condition, issued_at) AS condition, max(issued_at) AS issued_at
    FROM weather GROUP BY ALL
),
found AS (
    SELECT s.delivery_id, s.delivery_timestamp, s.city, n.valid_from, n.condition, n.issued_at,
           n.valid_from IS NOT NULL AND s.delivery_timestamp < n.valid_from + getvariable('oldest') AS holds
    FROM silver s ASOF LEFT JOIN newest n ON s.city = n.city AND s.delivery_timestamp >= n.valid_from
)
SELECT delivery_id, delivery_timestamp, city, CASE WHEN holds THEN condition END AS condition,
       CASE WHEN holds THEN valid_from END AS valid_from, CASE WHEN holds THEN issued_at END AS issued_at,
       CASE WHEN NOT holds THEN CASE WHEN delivery_timestamp <= (SELECT max(issued_at) FROM weather)
                                     THEN getvariable('none') ELSE getvariable('down') END END AS reason
FROM found;

CREATE TEMP MACRO shown(condition, valid_from, reason) AS
    coalesce(condition || ' of ' || valid_from::VARCHAR, reason, 'nothing');

CREATE TEMP TABLE wrong AS
SELECT e.delivery_id || ' has no weather and no reason' AS line FROM expected e ANTI JOIN joined USING (delivery_id)
UNION ALL
SELECT delivery_id || ' is not in silver' FROM joined ANTI JOIN expected USING (delivery_id)
UNION ALL
SELECT delivery_id || ' has ' || count(*) || ' rows of weather' FROM joined GROUP BY delivery_id HAVING count(*) > 1
UNION ALL
SELECT j.delivery_id || ' has ' || shown(j.condition, j.valid_from, j.reason) || ', and what has landed says '
       || shown(e.condition, e.valid_from, e.reason)
FROM joined j JOIN expected e USING (delivery_id)
WHERE (j.condition, j.valid_from, j.issued_at, j.reason, j.city, j.delivery_timestamp)
      IS DISTINCT FROM (e.condition, e.valid_from, e.issued_at, e.reason, e.city, e.delivery_timestamp)
UNION ALL
SELECT 'landing: lacks ' || city || ' ' || valid_from || ', published ' || issued_at
FROM (SELECT city, valid_from, condition, issued_at FROM published
      EXCEPT ALL SELECT city, valid_from, condition, issued_at FROM weather)
UNION ALL
SELECT 'landing: has ' || coalesce(city, 'NULL') || ' ' || valid_from || ', published ' || issued_at || ', too often or wrong'
FROM (SELECT city, valid_from, condition, issued_at FROM weather
      EXCEPT ALL SELECT city, valid_from, condition, issued_at FROM published);

CREATE TEMP TABLE counts AS
SELECT (SELECT count(*) FROM silver), count(*), count(j.condition), count(*) FILTER (j.reason = getvariable('none')),
       count(*) FILTER (j.reason = getvariable('down')), count(*) FILTER (j.condition = t.condition)
FROM joined j LEFT JOIN true_weather t
     ON j.city = t.city AND j.delivery_timestamp >= t.valid_from AND j.delivery_timestamp < t.valid_to;
