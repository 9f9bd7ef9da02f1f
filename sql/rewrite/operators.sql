-- Operators and casts between built-in types that are not PostgreSQL's own: where there are any, `a = b` may mean
-- something else than it seems to. Needs no privilege.
SELECT DISTINCT o.oprname::text AS name
FROM pg_operator AS o
JOIN pg_namespace AS n ON n.oid = o.oprnamespace
LEFT JOIN pg_type AS l ON l.oid = o.oprleft
JOIN pg_type AS r ON r.oid = o.oprright
WHERE n.nspname <> 'pg_catalog'
  AND coalesce(l.typnamespace, r.typnamespace) = 'pg_catalog'::regnamespace
  AND r.typnamespace = 'pg_catalog'::regnamespace
UNION
SELECT '::'
FROM pg_cast AS k
JOIN pg_type AS s ON s.oid = k.castsource AND s.typnamespace = 'pg_catalog'::regnamespace
JOIN pg_type AS t ON t.oid = k.casttarget AND t.typnamespace = 'pg_catalog'::regnamespace
WHERE k.oid >= 16384
ORDER BY name;
