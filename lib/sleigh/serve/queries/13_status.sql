-- How do the deliveries stand? Each status by minute over the last 15 minutes.
-- Feeds the stacked bars of status.
SELECT date_trunc('minute', delivery_timestamp) AS delivery_minute, status, count(*) AS deliveries
FROM silver_santa_deliveries
WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 15 MINUTES
GROUP BY date_trunc('minute', delivery_timestamp), status
ORDER BY 1, 2
