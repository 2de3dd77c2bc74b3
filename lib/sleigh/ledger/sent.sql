-- The messages that were sent, and what each is called in the tables: its id or, where the id is what is broken, its
-- timestamp, as sent.
CREATE TABLE sent (seq BIGINT, delivery_id VARCHAR, event_time TIMESTAMPTZ, kind VARCHAR, name VARCHAR)
