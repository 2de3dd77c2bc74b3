-- Delays of the last 15 minutes, as predicted at departure and as they came
-- A row for each model; both rates are percent of all messages, en_route among them, and so can be compared.
SELECT model_version AS model,
       count(*) AS predictions,
       round(100 * avg(probability), 2) AS predicted_percent,
       round(100 * avg(is_delayed), 2) AS observed_percent
FROM delay_predictions JOIN (
    SELECT delivery_id, is_delayed
    FROM silver_santa_deliveries
    WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 15 MINUTES
) USING (delivery_id)
GROUP BY model_version
ORDER BY model_version
