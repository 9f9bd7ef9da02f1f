-- What the names in a statement stand for: bodies of functions and views, and, for a statement that writes, of the
-- triggers of the tables it names. Functions of the server itself and in C are left out. No privilege is needed.
SELECT 'function' AS kind, n.nspname AS schema, p.proname AS name, l.lanname AS language,
       l.lanpltrusted AS trusted, p.provolatile = 'v' AS volatile,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS body
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
WHERE p.proname = ANY (%(names)s::text[])
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND l.lanname NOT IN ('internal', 'c')
UNION ALL
SELECT 'view', n.nspname, c.relname, 'sql', true, false, pg_get_viewdef(c.oid)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'
  AND c.relname = ANY (%(names)s::text[])
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT 'trigger', n.nspname, t.tgname, l.lanname, l.lanpltrusted, true,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_language AS l ON l.oid = p.prolang
WHERE %(writes)s
  AND NOT t.tgisinternal
  AND c.relname = ANY (%(names)s::text[])
ORDER BY kind, schema, name
