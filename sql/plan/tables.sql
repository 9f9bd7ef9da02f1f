-- The state of some tables, given as arrays of schemas and names: what the planner was told of them last, rows as the
-- server counts them, how they are partitioned (null for an expression). Needs no privilege; of a table that the role may
-- not read, has_statistics is unknown.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.reltuples::float8 AS rows,
       c.relpages AS blocks,
       c.relallvisible AS visible_blocks,
       CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_relation_size(c.oid), 0) ELSE 0 END AS bytes,
       CASE
           WHEN has_table_privilege(c.oid, 'SELECT') AND NOT c.relrowsecurity THEN EXISTS (
               SELECT FROM pg_stats AS st WHERE st.schemaname = n.nspname AND st.tablename = c.relname
           )
       END AS has_statistics,
       coalesce(s.n_live_tup, 0) AS live,
       coalesce(s.n_dead_tup, 0) AS dead,
       coalesce(s.n_tup_ins, 0) AS inserted,
       coalesce(s.n_mod_since_analyze, 0) AS modified,
       (
           SELECT split_part(option, '=', 2)::integer
           FROM unnest(c.reloptions) AS option
           WHERE option LIKE 'fillfactor=%%'
       ) AS fillfactor,
       coalesce(p.partstrat::text, '') AS partition_strategy,
       coalesce((
           SELECT array_agg(a.attname::text ORDER BY k.position)
           FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (number, position)
           LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number <> 0
       ), '{}') AS partition_key
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (schema, name)
JOIN pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
LEFT JOIN pg_partitioned_table AS p ON p.partrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'm')
ORDER BY n.nspname, c.relname;
