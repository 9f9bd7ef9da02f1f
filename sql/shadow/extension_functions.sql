-- Functions of extensions that use only built-in types: what tables' defaults may call. Needs no privilege.
SELECT e.extname::text AS extension,
       n.nspname::text AS schema,
       p.proname::text AS name,
       pg_get_function_arguments(p.oid) AS arguments,
       pg_get_function_result(p.oid) AS result,
       CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END AS volatility,
       CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END AS parallel,
       p.proisstrict AS strict,
       p.procost::float8 AS cost,
       p.prorows::float8 AS rows
FROM pg_extension AS e
JOIN pg_depend AS d
  ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
JOIN pg_proc AS p ON p.oid = d.objid
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind = 'f'
  AND p.prorettype NOT IN ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype, 'cstring'::regtype)
  AND p.prorettype < 16384
  AND NOT EXISTS (
      SELECT FROM unnest(p.proargtypes::oid[] || p.proallargtypes) AS type
      WHERE type >= 16384 OR type IN ('internal'::regtype, 'cstring'::regtype)
  )
ORDER BY 1, 2, 3, 4;
