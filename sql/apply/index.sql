-- An index by its name on this search_path: its table, what depends on it, and the statement that makes it again, with
-- its tablespace. Needs USAGE on a schema that the name gives.
SELECT c.oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       tn.nspname::text AS table_schema,
       t.relname::text AS table_name,
       pg_get_userbyid(c.relowner)::text AS owner,
       pg_has_role(c.relowner, 'USAGE') AS is_owned,
       x.indisvalid AND x.indislive AS is_valid,
       x.indisreplident AS is_replica_identity,
       con.conname::text AS constraint_name,
       pn.nspname::text AS parent_schema,
       p.relname::text AS parent_name,
       pg_get_indexdef(c.oid) AS definition,
       CASE WHEN x.indpred IS NOT NULL THEN ' WHERE ' || pg_get_expr(x.indpred, x.indrelid) ELSE '' END AS predicate,
       ts.spcname::text AS tablespace
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
LEFT JOIN pg_class AS t ON t.oid = x.indrelid
LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_constraint AS con ON con.conindid = c.oid AND con.conrelid = t.oid
LEFT JOIN pg_inherits AS h ON h.inhrelid = c.oid
LEFT JOIN pg_class AS p ON p.oid = h.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
LEFT JOIN pg_tablespace AS ts ON ts.oid = c.reltablespace
WHERE c.oid = to_regclass(%(index)s)
LIMIT 1;
