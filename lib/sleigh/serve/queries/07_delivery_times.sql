-- How long does a delivery take? Deliveries of the last hour in six classes of seconds.
-- Feeds the histogram of delivery times. A class begins with its first number and ends before its second.
SELECT classes.number, classes.seconds, count(recent.delivery_id) AS deliveries
FROM (VALUES (1, '0-30', 0, 30), (2, '30-45', 30, 45), (3, '45-60', 45, 60), (4, '60-90', 60, 90),
             (5, '90-120', 90, 120), (6, '120+', 120, NULL)) AS classes (number, seconds, low, high)
LEFT JOIN (SELECT delivery_id, delivery_time_seconds
           FROM silver_santa_deliveries
           WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 60 MINUTES
          ) AS recent
       ON recent.delivery_time_seconds >= classes.low
      AND (classes.high IS NULL OR recent.delivery_time_seconds < classes.high)
GROUP BY classes.number, classes.seconds
ORDER BY classes.number
