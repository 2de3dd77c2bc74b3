-- What is wrong between silver and tenant_deliveries, a line for each row, in `wrong`. Relations: silver (delivery_id, region),
-- deliveries (delivery_id, region, tenant, state, came_in, delivered_in), tenants (tenant, status).
CREATE TEMP TABLE wrong AS
WITH owned AS (
    SELECT delivery_id, region, t.tenant, t.status
    FROM silver s LEFT JOIN tenants t ON s.region = t.tenant),
found AS (SELECT delivery_id, count(*) AS n FROM deliveries GROUP BY 1)

SELECT delivery_id || ' of ' || coalesce(region, 'NULL') || ' is not there' AS line
FROM owned ANTI JOIN found USING (delivery_id)
WHERE status IS DISTINCT FROM 'off-boarded'
UNION ALL
SELECT delivery_id || ' is there ' || n || ' times' FROM found WHERE n > 1
UNION ALL
SELECT delivery_id || ' is not in silver' FROM found ANTI JOIN silver USING (delivery_id)
WHERE delivery_id NOT IN (SELECT delivery_id FROM deliveries d JOIN tenants t ON d.region = t.tenant
                          WHERE t.status = 'off-boarded')
UNION ALL
SELECT delivery_id || ' of ' || region || ' is there, and its tenant was off-boarded'
FROM deliveries d JOIN tenants t ON d.region = t.tenant WHERE t.status = 'off-boarded'
UNION ALL
-- Whose it is: the region's tenant, or nobody's as long as there is none (or it has only just come on board).
SELECT delivery_id || ' of ' || coalesce(region, 'NULL') || ' is given to ' || tenant
FROM deliveries WHERE tenant IS DISTINCT FROM region AND tenant IS NOT NULL
UNION ALL
SELECT delivery_id || ' is ' || coalesce(state, 'NULL') || ' and belongs to ' || coalesce(tenant, 'nobody')
FROM deliveries WHERE (coalesce(state, '') = 'unknown') <> (tenant IS NULL)
UNION ALL
SELECT delivery_id || ' is ' || state || ', and delivered in ' || coalesce(delivered_in::VARCHAR, 'none')
FROM deliveries
WHERE state NOT IN ('delivered', 'waiting', 'failed', 'unknown') OR (state = 'delivered') <> (delivered_in IS NOT NULL)
      OR delivered_in < came_in
UNION ALL
SELECT delivery_id || ' is failed, and ' || d.tenant || ' is ' || t.status
FROM deliveries d JOIN tenants t USING (tenant) WHERE state = 'failed' AND t.status <> 'suspended';
