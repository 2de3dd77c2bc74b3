-- The windows that count more rows than silver has.
SELECT 'window ' || strftime(window_start, '%H:%M') || ' ' || key || ' counts ' || counted || ' of ' || coalesce(rows, 0)
FROM windows
WHERE counted > coalesce(rows, 0)
ORDER BY window_start, key
