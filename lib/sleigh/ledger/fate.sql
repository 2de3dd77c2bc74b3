-- What became of each message on its way to silver. `line` is the highest that the watermark can be when the message
-- arrives: valid messages move it, broken ones do not. Variable delay: how long silver waits.
CREATE TABLE fate AS
SELECT t.*, s.delivery_id IS NOT NULL AS arrived, coalesce(t.event_time <= t.line, false) AS droppable,
       row_number() OVER (PARTITION BY t.delivery_id ORDER BY t.seq) AS sending
FROM (SELECT *, max(event_time) FILTER (kind <> 'broken') OVER
                    (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                - getvariable('delay') AS line FROM sent) t
LEFT JOIN (SELECT DISTINCT delivery_id FROM silver) s USING (delivery_id)
