-- What became of each row of silver, and what is wrong with the routes. Relations: truth, silver, legs (route_legs).
-- Variables: length (of a window), delay (how long the stream waits), passed (its watermark).
-- A row can be too late only if, when it came, something had come from so long after the end of its window; a row that was
-- repaired came at an unknown time. Of a message sent twice the first counts.
CREATE TABLE came AS
SELECT s.delivery_id, s.delivery_timestamp, s.region,
       time_bucket(getvariable('length'), s.delivery_timestamp) AS window_start,
       coalesce(t.kind = 'broken', false) OR coalesce(window_start + getvariable('length') <= max(s.delivery_timestamp) OVER
           (ORDER BY t.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - getvariable('delay'), false) AS droppable
FROM silver s
LEFT JOIN (FROM truth QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY seq) = 1) t USING (delivery_id);

CREATE TABLE times AS SELECT delivery_id, count(*) AS times FROM legs GROUP BY delivery_id;

CREATE TABLE fates AS
SELECT delivery_id, CASE WHEN times > 0 THEN 'on a route'
                         WHEN window_start + getvariable('length') > getvariable('passed') THEN 'waiting'
                         WHEN droppable THEN 'too late'
                         ELSE 'lost' END AS fate
FROM came LEFT JOIN times USING (delivery_id);

-- The legs once more, from the positions: what stood before each stop in either order, and how far away.
CREATE TABLE checked AS
SELECT *,
       row_number() OVER (PARTITION BY route_id ORDER BY delivery_timestamp, delivery_id) AS flown_here,
       row_number() OVER (PARTITION BY route_id ORDER BY planned_position, delivery_id) AS planned_here,
       -- least() passes a NULL over
       if(north IS NULL, NULL, 2 * 6371.0088 * asin(sqrt(least(1, sin(radians(latitude - north) / 2) ^ 2
           + cos(radians(north)) * cos(radians(latitude)) * sin(radians(longitude - east) / 2) ^ 2)))) AS km
FROM (SELECT *, lag(latitude) OVER planned AS north, lag(longitude) OVER planned AS east
      FROM legs WINDOW planned AS (PARTITION BY route_id ORDER BY planned_position));

CREATE VIEW counts AS
SELECT count(*) FILTER (fate = 'on a route'), count(*) FILTER (fate = 'waiting'), count(*) FILTER (fate = 'too late'),
       count(*), (SELECT count(DISTINCT route_id) FROM legs),
       (SELECT coalesce(round(sum(flown_km)), 0)::BIGINT FROM legs),
       (SELECT coalesce(round(sum(planned_km)), 0)::BIGINT FROM legs)
FROM fates;

CREATE VIEW places AS
SELECT route_id, latitude, longitude FROM legs
WHERE planned_km IS NOT NULL ORDER BY route_id, planned_position, delivery_id;

CREATE VIEW wrong AS
SELECT delivery_id || ' is on no route' AS line FROM fates WHERE fate = 'lost'
UNION ALL SELECT delivery_id || ' is on routes ' || times || ' times' FROM times WHERE times > 1
UNION ALL SELECT delivery_id || ' is on a route and not in silver' FROM times ANTI JOIN silver USING (delivery_id)
UNION ALL SELECT l.delivery_id || ' is on a route of another window or region' FROM legs l JOIN came c USING (delivery_id)
          WHERE l.window_start <> c.window_start OR l.region IS DISTINCT FROM c.region
UNION ALL SELECT DISTINCT route_id || ' skips a place or has one twice' FROM checked
          WHERE flown_position <> flown_here OR planned_position <> planned_here
UNION ALL SELECT DISTINCT route_id || ' is not as long as it says' FROM checked
          WHERE abs(planned_km - coalesce(km, 0)) > 0.01
UNION ALL SELECT route_id || ' is longer than what was flown' FROM legs
          GROUP BY route_id HAVING sum(planned_km) > sum(flown_km) + 0.001;
