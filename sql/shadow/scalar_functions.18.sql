-- Functions of one result that the planner may evaluate, with their bodies. Needs no privilege.
SELECT p.oid::bigint AS oid,
       p.oid::regprocedure::text AS signature,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS body
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
WHERE p.prokind = 'f'
  AND NOT p.proretset
  AND p.provolatile IN ('i', 's')
  AND l.lanname IN ('sql', 'plpgsql')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (
      SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  )
ORDER BY p.oid;
