-- The indexes of a table with what each is made of: its definition from the access method on, which does not name
-- index or table. Needs no privilege; `builder_pid` is seen for the role's own sessions, or with pg_read_all_stats.
SELECT i.oid,
       n.nspname::text AS schema,
       i.relname::text AS name,
       x.indisvalid AND x.indislive AS is_valid,
       x.indisunique AS is_unique,
       i.relkind = 'I' AS is_partitioned,
       x.indexprs IS NOT NULL AS has_expressions,
       h.inhparent AS parent,
       substring(
           pg_get_indexdef(i.oid)
           FROM greatest(
               position(quote_ident(tn.nspname) || '.' || quote_ident(t.relname) || ' USING ' IN pg_get_indexdef(i.oid))
                   + length(quote_ident(tn.nspname)),
               position('pg_temp.' || quote_ident(t.relname) || ' USING ' IN pg_get_indexdef(i.oid))
                   + length('pg_temp')
           ) + length('.' || quote_ident(t.relname) || ' ')
       ) AS definition,
       (
           SELECT p.pid
           FROM pg_stat_progress_create_index AS p
           JOIN pg_database AS d ON d.oid = p.datid AND d.datname = current_database()
           WHERE p.index_relid = i.oid
           LIMIT 1
       ) AS builder_pid
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_namespace AS n ON n.oid = i.relnamespace
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_inherits AS h ON h.inhrelid = i.oid
WHERE x.indrelid = %(table)s
ORDER BY x.indisvalid DESC, i.relname;
