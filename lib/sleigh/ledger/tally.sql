-- The names that `rows` (of a table) has more or less often than `expected` (messages that were sent).
CREATE OR REPLACE TEMP TABLE tally AS
SELECT coalesce(e.name, h.name) AS name, coalesce(sent, 0) AS sent, coalesce(found, 0) AS found, ids
FROM (SELECT name, count(*) AS sent, list(DISTINCT delivery_id ORDER BY delivery_id) AS ids
      FROM expected GROUP BY name) e
FULL JOIN (SELECT CASE WHEN regexp_matches(delivery_id, getvariable('visible')) THEN delivery_id
                       WHEN timestamp IN (SELECT name FROM expected) THEN timestamp
                       ELSE '?' END AS name, count(*) AS found FROM rows GROUP BY ALL) h USING (name)
WHERE sent IS DISTINCT FROM found
