-- What has the night been so far? One line over all of silver.
-- Feeds the summary line under the cards.
SELECT count(*) AS deliveries, CAST(coalesce(sum(num_gifts), 0) AS BIGINT) AS gifts,
       CAST(coalesce(sum(is_delivered), 0) AS BIGINT) AS delivered,
       CAST(coalesce(sum(is_delayed), 0) AS BIGINT) AS delayed,
       CAST(coalesce(sum(is_en_route), 0) AS BIGINT) AS en_route,
       count(DISTINCT region) AS regions, count(DISTINCT country) AS countries,
       sum(distance_from_previous_km) AS distance_km,
       min(delivery_timestamp) AS first_delivery, max(delivery_timestamp) AS last_delivery
FROM silver_santa_deliveries
