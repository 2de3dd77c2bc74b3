-- How far is the night? The latest 10-minute window and the running totals up to it.
-- Feeds the KPI cards.
SELECT window_start,
       period_deliveries, period_gifts, success_rate_percentage, delay_rate_percentage, avg_time_to_delivery_minutes,
       CAST(sum(period_deliveries) OVER (ORDER BY window_start) AS BIGINT) AS total_deliveries,
       CAST(sum(period_gifts) OVER (ORDER BY window_start) AS BIGINT) AS total_gifts,
       sum(period_distance_km) OVER (ORDER BY window_start) AS total_distance_km
FROM gold_overall_progress
ORDER BY window_start DESC
LIMIT 1
