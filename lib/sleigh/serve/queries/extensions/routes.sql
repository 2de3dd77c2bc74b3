-- Routes: how much shorter could the newest ones have been flown?
-- A row for each region of the newest window that is closed; lengths in whole km.
SELECT region, count(*) AS stops,
       CAST(round(sum(flown_km)) AS BIGINT) AS flown_km,
       CAST(round(sum(planned_km)) AS BIGINT) AS planned_km
FROM route_legs
WHERE window_start = (SELECT max(window_start) FROM route_legs)
GROUP BY region
ORDER BY region NULLS LAST
