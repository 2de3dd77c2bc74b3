-- What is being delivered? All gift types of the latest 5-minute window.
-- Feeds the horizontal bar chart by gift type.
SELECT window_start, gift_type, total_deliveries, total_gifts, success_rate_percentage, avg_delivery_time
FROM gold_delivery_by_gift_type
WHERE window_start = (SELECT max(window_start) FROM gold_delivery_by_gift_type)
ORDER BY total_deliveries DESC, gift_type NULLS LAST
