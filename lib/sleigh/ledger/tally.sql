-- The names that `rows` (of a table) has more or less often than `expected` (messages that were sent). A row whose id is
-- broken goes by its timestamp, if a message of that name was sent.
CREATE OR REPLACE TEMP TABLE tally AS
WITH sendings AS (SELECT name, count(*) AS sent FROM expected GROUP BY name),
finds AS (
    SELECT CASE WHEN regexp_matches(delivery_id, getvariable('visible')) THEN delivery_id
                WHEN timestamp IN (SELECT name FROM expected WHERE name <> delivery_id) THEN timestamp
                ELSE '?' END AS name, count(*) AS found
    FROM rows GROUP BY ALL),
wrong AS (
    SELECT name, coalesce(sent, 0) AS sent, coalesce(found, 0) AS found FROM sendings FULL JOIN finds USING (name)
    WHERE sent IS DISTINCT FROM found)
SELECT wrong.*, ids
FROM wrong LEFT JOIN (
    SELECT name, list(DISTINCT delivery_id ORDER BY delivery_id) AS ids
    FROM expected SEMI JOIN wrong USING (name) GROUP BY name) USING (name)
