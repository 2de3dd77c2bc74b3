-- How are the reindeer? Mean speed and magic and the distance flown in the last ten minutes.
-- Feeds the three gauges.
SELECT count(*) AS deliveries, avg(reindeer_speed_kmh) AS avg_speed_kmh, avg(magic_level) AS avg_magic_level,
       sum(distance_from_previous_km) AS distance_km
FROM silver_santa_deliveries
WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 10 MINUTES
