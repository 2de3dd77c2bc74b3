-- Which cities lead? The first ten of the latest 15-minute window, equal counts in equal places.
-- Feeds the table of top cities. The rank is added here, because a stream cannot rank (lesson 08).
SELECT rank() OVER (ORDER BY total_deliveries DESC) AS place,
       window_start, city, country, region, total_deliveries, total_gifts, avg_delivery_time
FROM gold_top_cities
WHERE window_start = (SELECT max(window_start) FROM gold_top_cities)
ORDER BY place, city NULLS LAST, country NULLS LAST, region NULLS LAST
LIMIT 10
