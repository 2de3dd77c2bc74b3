-- What does the weather do? Share, mean time and success by weather in the last hour.
-- Feeds the weather donut.
SELECT weather_condition, count(*) AS deliveries,
       100.0 * count(*) / sum(count(*)) OVER () AS share_percentage,
       avg(delivery_time_seconds) AS avg_delivery_time,
       100.0 * sum(is_delivered) / count(*) AS success_percentage
FROM silver_santa_deliveries
WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 60 MINUTES
GROUP BY weather_condition
ORDER BY deliveries DESC, weather_condition NULLS LAST
