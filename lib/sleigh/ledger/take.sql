-- Take the messages of `part`, a file of the truth.
INSERT INTO sent
SELECT seq, delivery_id, event_time, kind,
       CASE WHEN NOT list_contains(broken_rules, 'valid_delivery_id') THEN delivery_id
            WHEN NOT list_contains(broken_rules, 'valid_timestamp')
            THEN strftime(event_time, '%Y-%m-%dT%H:%M:%S.%gZ') ELSE '?' END
FROM part
