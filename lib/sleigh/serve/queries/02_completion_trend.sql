-- How does completion develop? The newest 60 one-minute windows.
-- Feeds the time series of deliveries and completion.
SELECT window_start, total_deliveries, successful_deliveries, completion_percentage
FROM (SELECT * FROM gold_delivery_summary_realtime ORDER BY window_start DESC LIMIT 60) AS newest
ORDER BY window_start
