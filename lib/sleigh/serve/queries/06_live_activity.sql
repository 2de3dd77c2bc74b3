-- What has just happened? The newest 100 deliveries.
-- Feeds the activity stream.
SELECT delivery_timestamp, delivery_id, city, country, region, gift_type, num_gifts, status, weather_condition,
       delivery_time_seconds
FROM silver_santa_deliveries
ORDER BY delivery_timestamp DESC, delivery_id
LIMIT 100
