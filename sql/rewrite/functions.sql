-- Every function by schema and name: its volatility is the worst of those that share the name. Needs no privilege.
SELECT n.nspname::text AS schema,
       p.proname::text AS name,
       CASE
           WHEN bool_or(p.provolatile = 'v') THEN 'volatile'
           WHEN bool_or(p.provolatile = 's') THEN 'stable'
           ELSE 'immutable'
       END AS volatility,
       bool_and(p.proisstrict) AS is_strict,
       bool_or(p.proretset) AS returns_set,
       bool_or(p.prokind = 'a') AS is_aggregate,
       bool_or(p.prokind = 'w') AS is_window
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname <> 'information_schema'
  AND NOT pg_is_other_temp_schema(n.oid)
GROUP BY n.nspname, p.proname
ORDER BY n.nspname, p.proname;
