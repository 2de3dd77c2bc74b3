-- How far has the sleigh flown? Each minute's distance and the sum of all minutes up to it.
-- Feeds the area chart of cumulative distance.
SELECT window_start, total_distance_traveled_km AS distance_km,
       sum(total_distance_traveled_km) OVER (ORDER BY window_start) AS cumulative_distance_km
FROM gold_delivery_summary_realtime
ORDER BY window_start
