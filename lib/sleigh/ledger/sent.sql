-- The messages of the truth, and what each is called in the tables: its id or, where the id is what is broken, its
-- timestamp, as sent.
CREATE TABLE sent AS
SELECT *, CASE WHEN NOT list_contains(broken_rules, 'valid_delivery_id') THEN delivery_id
               WHEN NOT list_contains(broken_rules, 'valid_timestamp')
               THEN strftime(event_time, '%Y-%m-%dT%H:%M:%S.%gZ') ELSE '?' END AS name
FROM truth
