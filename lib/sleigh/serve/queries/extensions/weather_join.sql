-- Weather from outside: what is known of the deliveries' weather
-- A row for each condition, or reason why there is none; newest is when the service last said so.
SELECT coalesce(condition, reason) AS weather, count(*) AS deliveries, max(issued_at) AS newest
FROM silver_weather
GROUP BY coalesce(condition, reason)
ORDER BY deliveries DESC, weather
