-- Columns as a rewrite has to know them: the type below all domains, whether NULL is really out of the question (a NOT
-- NULL that was never validated is no proof), whether texts that are equal are the same text, and the labels of enums.
-- Needs no privilege.
WITH RECURSIVE base AS (
    SELECT t.oid AS type, t.oid AS base, t.typtype, t.typbasetype, t.typtypmod AS modifier
    FROM pg_type AS t
    UNION ALL
    SELECT b.type, t.oid, t.typtype, t.typbasetype, CASE WHEN b.modifier < 0 THEN t.typtypmod ELSE b.modifier END
    FROM base AS b
    JOIN pg_type AS t ON t.oid = b.typbasetype
    WHERE b.typtype = 'd'
)
SELECT n.nspname::text AS schema,
       c.relname::text AS relation,
       a.attname::text AS name,
       CASE tn.nspname WHEN 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END AS type,
       format_type(a.atttypid, a.atttypmod) AS declared,
       tn.nspname = 'pg_catalog' AS is_built_in,
       t.typtype::text AS kind,
       CASE WHEN a.atttypmod < 0 THEN b.modifier ELSE a.atttypmod END AS modifier,
       a.atttypid <> t.oid AS is_domain,
       a.attnotnull AND NOT EXISTS (
           SELECT FROM pg_constraint AS con
           WHERE con.conrelid = a.attrelid AND con.contype = 'n' AND con.conkey = ARRAY[a.attnum]
             AND NOT con.convalidated
       ) AS not_null,
       coalesce(l.collisdeterministic, true) AS is_deterministic,
       ln.nspname || '.' || l.collname AS collation,
       a.attgenerated <> '' AS is_generated,
       (
           SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
           FROM pg_enum AS e
           WHERE e.enumtypid = t.oid
       ) AS labels
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN base AS b ON b.type = a.atttypid AND b.typtype <> 'd'
JOIN pg_type AS t ON t.oid = b.base
JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN pg_namespace AS ln ON ln.oid = l.collnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
  AND a.attnum > 0
  AND NOT a.attisdropped
ORDER BY n.nspname, c.relname, a.attnum;
