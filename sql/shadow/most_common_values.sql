-- The lists of most common values in extended statistics, as stored, where their types have the same number on every
-- server. Needs to be superuser.
SELECT n.nspname::text AS schema,
       s.stxname::text AS name,
       false AS inherited,
       encode(d.stxdmcv::bytea, 'hex') AS list
FROM pg_statistic_ext AS s
JOIN pg_statistic_ext_data AS d ON d.stxoid = s.oid
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
WHERE d.stxdmcv IS NOT NULL
  AND s.stxexprs IS NULL
  AND NOT EXISTS (
      SELECT FROM pg_attribute AS a
      WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::smallint[]) AND a.atttypid >= 16384
  )
ORDER BY 1, 2, 3;
