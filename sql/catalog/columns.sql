-- Columns with their statistics. Statistics of tables that the role may not read are missing (pg_stats hides them);
-- apart from those it needs no privilege. A column is indexable when its type has a default b-tree operator class:
-- those of anyarray and of record compare what can be compared, the elements and fields;
-- bytewise says that its texts sort by bytes, so that a plain b-tree serves LIKE 'x%'; unbounded that its values may
-- have any length; longest is the length of the longest value in its statistics, in bytes.
WITH RECURSIVE base AS (
    SELECT t.oid AS type, t.oid AS base, t.typtype, t.typbasetype, t.typelem, t.typlen, t.typrelid
    FROM pg_type AS t
    UNION ALL
    SELECT b.type, t.oid, t.typtype, t.typbasetype, t.typelem, t.typlen, t.typrelid
    FROM base AS b
    JOIN pg_type AS t ON t.oid = b.typbasetype
    WHERE b.typtype = 'd'
),
btree AS (
    SELECT oc.opcintype AS type
    FROM pg_opclass AS oc
    JOIN pg_am AS am ON am.oid = oc.opcmethod
    WHERE am.amname = 'btree' AND oc.opcdefault
),
scalar AS (
    SELECT b.type,
           b.base,
           b.typrelid,
           CASE WHEN b.typlen = -1 THEN b.typelem ELSE 0 END AS element,
           b.typtype IN ('e', 'r', 'm')
           OR b.base IN (SELECT btree.type FROM btree)
           OR EXISTS (
               SELECT FROM pg_cast AS k
               WHERE k.castsource = b.base AND k.castmethod = 'b' AND k.castcontext = 'i'
                 AND k.casttarget IN (SELECT btree.type FROM btree)
           ) AS indexable
    FROM base AS b
    WHERE b.typtype <> 'd'
),
field AS (
    SELECT s.type,
           s.base,
           s.typrelid,
           s.indexable OR (e.indexable IS TRUE) AS indexable
    FROM scalar AS s
    LEFT JOIN scalar AS e ON e.type = s.element AND s.element <> 0
),
sortable AS (
    SELECT f.type,
           f.base,
           f.indexable
           OR (
               f.typrelid <> 0
               AND NOT EXISTS (
                   SELECT FROM pg_attribute AS part
                   LEFT JOIN field AS its ON its.type = part.atttypid
                   WHERE part.attrelid = f.typrelid AND part.attnum > 0 AND NOT part.attisdropped
                     AND its.indexable IS NOT TRUE
               )
           ) AS indexable
    FROM field AS f
)
SELECT n.nspname::text AS schema,
       c.relname::text AS relation,
       a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AS not_null,
       a.attlen AS length,
       s.indexable,
       s.base IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) AS is_text,
       CASE
           WHEN l.oid IS NULL THEN false
           WHEN l.collname = 'default' AND l.collnamespace = 'pg_catalog'::regnamespace
               THEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'b'
                   OR (coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' AND d.datcollate IN ('C', 'POSIX'))
           ELSE l.collname IN ('C', 'POSIX', 'ucs_basic') OR l.collprovider = 'b'
       END AS bytewise,
       st.avg_width,
       st.n_distinct::float8 AS n_distinct,
       st.null_frac::float8 AS null_frac,
       st.correlation::float8 AS correlation,
       st.top_frequency::float8 AS top_frequency,
       a.attlen = -1 AND a.atttypmod = -1 AND a.attstorage IN ('x', 'e') AS unbounded,
       CASE WHEN a.attlen = -1 AND a.atttypmod = -1 AND a.attstorage IN ('x', 'e') THEN (
           SELECT max(octet_length(v))
           FROM unnest(st.common::text::text[] || st.bounds::text::text[]) AS v
       ) END AS longest
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_database AS d ON d.datname = current_database()
LEFT JOIN sortable AS s ON s.type = a.atttypid
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN (
    SELECT DISTINCT ON (schemaname, tablename, attname)
           schemaname, tablename, attname, avg_width, n_distinct, null_frac, correlation,
           most_common_freqs[1] AS top_frequency, most_common_vals AS common, histogram_bounds AS bounds
    FROM pg_stats
    ORDER BY schemaname, tablename, attname, inherited
) AS st ON st.schemaname = n.nspname AND st.tablename = c.relname AND st.attname = a.attname
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
  AND a.attnum > 0
  AND NOT a.attisdropped
ORDER BY n.nspname, c.relname, a.attnum;
