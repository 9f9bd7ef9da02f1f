-- The planner's statistics of some columns: their values and how common those are. Where the relation has none of its
-- own, those of its largest partition or of the table below the view. A name without a schema is looked up on the
-- search_path. Needs SELECT on the column; without it there are no values.
WITH wanted AS (
    SELECT w.schema, w.relation, w.name
    FROM ROWS FROM (
        pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(relations)s::text[]), pg_catalog.unnest(%(columns)s::text[])
    ) AS w (schema, relation, name)
),
found AS (
    SELECT w.schema, w.relation, w.name, c.oid, c.relkind, a.attnum, a.atttypid, a.atttypmod,
           pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
    FROM wanted AS w
    JOIN pg_catalog.pg_class AS c ON c.relname = w.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.name AND a.attnum > 0
    WHERE CASE WHEN w.schema IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = w.schema END
)
SELECT f.schema, f.relation, f.name, f.readable,
       pg_catalog.format_type(f.atttypid, NULL) AS type,
       t.typcategory AS category,
       s.most_common_vals, s.histogram_bounds, s.most_common_elems
FROM found AS f
JOIN pg_catalog.pg_type AS t ON t.oid = f.atttypid
LEFT JOIN LATERAL (
    SELECT s.most_common_vals::text::text[], s.histogram_bounds::text::text[], s.most_common_elems::text::text[]
    FROM (
        SELECT f.oid AS relation, 0 AS distance
        UNION ALL
        SELECT p.relid, 1
        FROM pg_catalog.pg_partition_tree(f.oid) AS p
        WHERE f.relkind = 'p' AND p.isleaf
        UNION ALL
        SELECT d.refobjid, 2
        FROM pg_catalog.pg_rewrite AS r
        JOIN pg_catalog.pg_depend AS d
          ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
        WHERE f.relkind = 'v' AND r.ev_class = f.oid
    ) AS source
    JOIN pg_catalog.pg_class AS c ON c.oid = source.relation
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = f.name
    ORDER BY source.distance, s.inherited DESC, c.reltuples DESC, c.oid
    LIMIT 1
) AS s ON true
