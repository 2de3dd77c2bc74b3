-- The rows of silver that the table has counted, that came too late for it, and whose window is still open.
SELECT coalesce(sum(counted), 0)::BIGINT AS counted,
       coalesce(sum(greatest(rows - counted, 0)) FILTER (counted IS NOT NULL), 0)::BIGINT
           + coalesce(sum(rows) FILTER (counted IS NULL AND NOT open), 0)::BIGINT AS too_late,
       coalesce(sum(rows) FILTER (counted IS NULL AND open), 0)::BIGINT AS waiting
FROM windows
