-- Functions of these names: the most volatile of each name, and, of one that returns a set, is not the server's own and
-- has its name alone, what ALTER FUNCTION wants. Needs no privilege.
SELECT p.proname::text AS name,
       CASE WHEN bool_or(p.provolatile = 'v') THEN 'v' WHEN bool_or(p.provolatile = 's') THEN 's' ELSE 'i' END AS volatility,
       CASE
           WHEN count(*) = 1 AND bool_and(p.proretset AND n.nspname <> 'pg_catalog')
               THEN min(format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)))
       END AS signature
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.proname = ANY (%(names)s::text[])
GROUP BY p.proname
ORDER BY p.proname;
