-- Do delays cost success? Both rates over the newest 60 one-minute windows.
-- Feeds the chart with two axes.
SELECT window_start, completion_percentage, delay_rate_percentage
FROM (SELECT * FROM gold_delivery_summary_realtime ORDER BY window_start DESC LIMIT 60) AS newest
ORDER BY window_start
