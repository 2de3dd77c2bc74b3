-- Which regions are served now? All regions of the latest 5-minute window.
-- Feeds the bar chart by region.
SELECT window_start, region, total_deliveries, total_gifts, success_rate_percentage, avg_delivery_time
FROM gold_delivery_by_region
WHERE window_start = (SELECT max(window_start) FROM gold_delivery_by_region)
ORDER BY total_deliveries DESC, region NULLS LAST
