-- Partitioned tables with their strategy, key and parent, those of %(schema)s and %(name)s alone where these are given.
-- Those that a conversion has replaced are not live. Needs no privilege. A column's type is that beneath its domains.
WITH RECURSIVE based AS (
    SELECT t.oid AS type, t.oid AS base, t.typbasetype, t.typtype FROM pg_type AS t
    UNION ALL
    SELECT b.type, t.oid, t.typbasetype, t.typtype
    FROM based AS b
    JOIN pg_type AS t ON t.oid = b.typbasetype
    WHERE b.typtype = 'd'
)
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       CASE p.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END AS strategy,
       pn.nspname::text AS parent_schema,
       pc.relname::text AS parent_name,
       current_setting('TimeZone') AS zone,
       (
           SELECT json_agg(json_build_object(
               'name', a.attname,
               'expression', pg_get_partkeydef_part.text,
               'type', format_type(coalesce(b.base, a.atttypid, et.type), NULL),
               'not_null', coalesce(a.attnotnull, false)
           ) ORDER BY k.number)
           FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (attnum, number)
           LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum <> 0
           LEFT JOIN based AS b ON b.type = a.atttypid AND b.typtype <> 'd'
           CROSS JOIN LATERAL (
               SELECT coalesce(quote_ident(a.attname), pg_get_expr(p.partexprs, p.partrelid)) AS text
           ) AS pg_get_partkeydef_part
           CROSS JOIN LATERAL (
               SELECT oc.opcintype AS type FROM pg_opclass AS oc WHERE oc.oid = p.partclass[k.number - 1]
           ) AS et
       ) AS key
FROM pg_partitioned_table AS p
JOIN pg_class AS c ON c.oid = p.partrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_class AS pc ON pc.oid = i.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = pc.relnamespace
WHERE (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(name)s::text IS NULL OR c.relname = %(name)s)
  AND NOT pg_is_other_temp_schema(n.oid)
  AND (
      %(name)s::text IS NOT NULL
      OR NOT starts_with(coalesce(obj_description(c.oid, 'pg_class'), ''), 'replaced by dbopt partition ')
  )
ORDER BY n.nspname, c.relname;
