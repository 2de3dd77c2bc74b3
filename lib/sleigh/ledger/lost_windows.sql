-- The windows that lack more rows than can have been too late for them.
SELECT (rows - coalesce(counted, 0)) || ' of window ' || strftime(window_start, '%H:%M') || ' ' || key
           || ', among ' || array_to_string(ids, ' ')
FROM windows
WHERE rows - coalesce(counted, 0) > droppable AND NOT (counted IS NULL AND open)
ORDER BY window_start, key
