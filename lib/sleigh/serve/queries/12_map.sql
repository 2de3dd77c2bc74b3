-- Where is Santa? Deliveries by city in the last 30 minutes.
-- Feeds the map.
SELECT city, country, region, max(latitude) AS latitude, max(longitude) AS longitude, count(*) AS deliveries,
       CAST(sum(num_gifts) AS BIGINT) AS gifts, 100.0 * sum(is_delivered) / count(*) AS success_percentage,
       max(delivery_timestamp) AS last_delivery
FROM silver_santa_deliveries
WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 30 MINUTES
GROUP BY city, country, region
ORDER BY deliveries DESC, city NULLS LAST, country NULLS LAST, region NULLS LAST
