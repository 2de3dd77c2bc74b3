-- One line for each delivery without exactly one good prediction.
WITH here AS (SELECT delivery_id, count(*) AS rows FROM silver GROUP BY delivery_id),
     said AS (SELECT delivery_id, count(*) AS rows FROM predictions GROUP BY delivery_id)
SELECT delivery_id || ' has no prediction' AS line FROM here ANTI JOIN said USING (delivery_id)
UNION ALL
SELECT delivery_id || ' is not in silver' FROM said ANTI JOIN here USING (delivery_id)
UNION ALL
SELECT delivery_id || ' has ' || said.rows || ' predictions and ' || here.rows || ' rows in silver'
FROM here JOIN said USING (delivery_id)
WHERE here.rows <> said.rows
UNION ALL
SELECT delivery_id || ' is predicted by model ' || coalesce(model_version, 'NULL') || ', which the lake does not have'
FROM predictions ANTI JOIN models ON model_version = version
UNION ALL
SELECT delivery_id || ' has the probability ' || coalesce(probability::VARCHAR, 'NULL')
FROM predictions
WHERE NOT coalesce(probability BETWEEN 0 AND 1, false)
ORDER BY line
