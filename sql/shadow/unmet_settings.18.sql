-- Planner settings of the source that the session does not have, or not with that value. Needs no privilege.
SELECT w.name
FROM unnest(%(names)s::text[], %(values)s::text[], %(units)s::text[]) AS w (name, value, unit)
LEFT JOIN pg_settings AS s ON s.name = w.name AND s.unit IS NOT DISTINCT FROM w.unit
WHERE s.setting IS DISTINCT FROM w.value
ORDER BY w.name;
