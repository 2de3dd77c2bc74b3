-- What is wrong with the tables of status changes, a line for each, in `wrong`. Relations: truth (of the feed), landed,
-- quarantined, current, history, transitions.

-- A change as a line of text: what was sent is known by what it says, however broken.
CREATE TEMP MACRO shown(id, number, status, changed) AS
    coalesce(id, 'NULL') || ' #' || coalesce(number::VARCHAR, 'NULL') || ' ' || coalesce(status, 'NULL')
    || ' ' || coalesce(changed::VARCHAR, 'NULL');

-- The life of each delivery, as far as it was sent: each change once, until the next one.
CREATE TEMP TABLE life AS
SELECT delivery_id, sequence, status, changed_at AS valid_from,
       lead(changed_at) OVER (PARTITION BY delivery_id ORDER BY sequence) AS valid_to,
       lead(sequence) OVER (PARTITION BY delivery_id ORDER BY sequence) IS NULL AS is_current
FROM (SELECT DISTINCT delivery_id, sequence, status, changed_at FROM truth WHERE kind <> 'broken');

CREATE TEMP TABLE wrong AS

-- Landed, and in quarantine: as many rows of each delivery as were sent. What is broken may not bear its own id.
WITH counts AS (
    SELECT coalesce(s.id, l.id) AS id, coalesce(s.n, 0) AS sent, coalesce(l.n, 0) AS landed
    FROM (SELECT delivery_id AS id, count(*) AS n FROM truth WHERE NOT list_contains(broken_rules, 'known_delivery')
          GROUP BY 1) s
    FULL JOIN (SELECT delivery_id AS id, count(*) AS n FROM landed WHERE regexp_matches(delivery_id, '^SD-\d+-\d+$')
               GROUP BY 1) l USING (id))
SELECT 'landing: ' || id || ': ' || landed || ' of ' || sent AS line FROM counts WHERE landed <> sent
UNION ALL
SELECT 'landing: ' || (SELECT count(*) FROM landed) || ' rows of ' || (SELECT count(*) FROM truth)
WHERE (SELECT count(*) FROM landed) <> (SELECT count(*) FROM truth)
UNION ALL
SELECT 'quarantine: ' || coalesce(s.rule, q.rule)::VARCHAR || ': ' || coalesce(q.n, 0) || ' of ' || coalesce(s.n, 0)
FROM (SELECT broken_rules AS rule, count(*) AS n FROM truth WHERE kind = 'broken' GROUP BY 1) s
FULL JOIN (SELECT failed_rules AS rule, count(*) AS n FROM quarantined GROUP BY 1) q USING (rule)
WHERE s.n IS DISTINCT FROM q.n

-- The history, version by version.
UNION ALL
SELECT 'history: lacks ' || shown(delivery_id, sequence, status, valid_from) || ' to ' || coalesce(valid_to::VARCHAR, 'now')
FROM (FROM life EXCEPT ALL SELECT delivery_id, sequence, status, valid_from, valid_to, is_current FROM history)
UNION ALL
SELECT 'history: has ' || shown(delivery_id, sequence, status, valid_from) || ' to ' || coalesce(valid_to::VARCHAR, 'now')
FROM (SELECT delivery_id, sequence, status, valid_from, valid_to, is_current FROM history EXCEPT ALL FROM life)

-- The current status.
UNION ALL
SELECT 'current: lacks ' || shown(delivery_id, sequence, status, changed_at)
FROM (SELECT delivery_id, sequence, status, valid_from AS changed_at FROM life WHERE is_current
      EXCEPT ALL SELECT delivery_id, sequence, status, changed_at FROM current)
UNION ALL
SELECT 'current: has ' || shown(delivery_id, sequence, status, changed_at)
FROM (SELECT delivery_id, sequence, status, changed_at FROM current
      EXCEPT ALL SELECT delivery_id, sequence, status, valid_from FROM life WHERE is_current)

-- The transitions of a delivery hang together: each begins where the one before ended, and the last leads to the current.
UNION ALL
SELECT 'transitions: ' || delivery_id || ' #' || sequence || ' comes from ' || coalesce(from_status, 'nothing')
       || ' after ' || coalesce(before, 'nothing')
FROM (SELECT *, lag(to_status) OVER (PARTITION BY delivery_id ORDER BY version, sequence) AS before,
             lag(sequence) OVER (PARTITION BY delivery_id ORDER BY version, sequence) AS earlier FROM transitions)
WHERE from_status IS DISTINCT FROM before OR sequence <= earlier
UNION ALL
SELECT 'transitions: ' || c.delivery_id || ' ends with #' || coalesce(t.last::VARCHAR, 'none') || ', not #' || c.sequence
FROM current c LEFT JOIN (SELECT delivery_id, max(sequence) AS last FROM transitions GROUP BY 1) t USING (delivery_id)
WHERE t.last IS DISTINCT FROM c.sequence
UNION ALL
SELECT 'transitions: has ' || shown(delivery_id, sequence, to_status, changed_at)
FROM (SELECT delivery_id, sequence, to_status, changed_at FROM transitions
      EXCEPT ALL SELECT delivery_id, sequence, status, valid_from FROM life);
