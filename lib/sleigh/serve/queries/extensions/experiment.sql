-- A/B test of the routing, all windows so far
-- Undefined are deliveries that no arm has. What may be said of the two rates, and when, is lesson 18's subject.
SELECT arm, CAST(sum(deliveries) AS BIGINT) AS deliveries, CAST(sum(delayed) AS BIGINT) AS delayed,
       round(100 * CAST(sum(delayed) AS DOUBLE) / sum(deliveries), 2) AS delay_rate_percentage
FROM experiment_arms
GROUP BY arm
ORDER BY arm
