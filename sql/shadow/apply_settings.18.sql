-- Set the planner settings of the source that this server has and that differ. Needs to be superuser.
SELECT w.name, set_config(w.name, w.value, false) AS value
FROM unnest(%(names)s::text[], %(values)s::text[], %(units)s::text[]) AS w (name, value, unit)
JOIN pg_settings AS s ON s.name = w.name AND s.unit IS NOT DISTINCT FROM w.unit
WHERE s.setting <> w.value;
