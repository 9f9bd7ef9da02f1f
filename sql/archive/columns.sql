-- The columns of a table in their order. `base` is the type that a domain stands for in the end, as pg_catalog names it;
-- null for a type of another schema. `modifier` is its typmod. Needs no privilege.
WITH RECURSIVE chain AS (
    SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute AS a
    WHERE a.attrelid = %(oid)s::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT c.attnum, t.typbasetype, t.typtypmod
    FROM chain AS c
    JOIN pg_type AS t ON t.oid = c.type AND t.typtype = 'd'
)
SELECT a.attname::text AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN n.nspname = 'pg_catalog' THEN t.typname::text END AS base,
       c.modifier,
       a.attnotnull AS not_null,
       a.attgenerated <> '' AS generated,
       a.attidentity::text AS identity,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression
FROM chain AS c
JOIN pg_attribute AS a ON a.attrelid = %(oid)s::oid AND a.attnum = c.attnum
JOIN pg_type AS t ON t.oid = c.type AND t.typtype <> 'd'
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
ORDER BY a.attnum;
