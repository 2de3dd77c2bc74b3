-- Alerts: regions that are late now
-- An alert stands if the newest that is told of it says so; rate and n are those of the window that raised it.
SELECT region, window_start AS since, rate AS percent_delayed, n AS deliveries
FROM alerts JOIN (SELECT alert_id, max(change) AS change FROM alerts GROUP BY alert_id) newest USING (alert_id, change)
WHERE kind = 'raised'
ORDER BY since, region NULLS LAST
