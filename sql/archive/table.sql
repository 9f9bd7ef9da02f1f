-- What archiving needs to know of a table. `hides_rows`: row security keeps rows from this role. Needs no privilege.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.relpersistence::text AS persistence,
       c.relispartition AS is_partition,
       pg_has_role(c.relowner, 'USAGE') AS is_mine,
       pg_get_userbyid(c.relowner)::text AS owner,
       has_table_privilege(c.oid, 'SELECT') AS may_select,
       has_table_privilege(c.oid, 'DELETE') AS may_delete,
       row_security_active(c.oid) AS hides_rows,
       EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhparent = c.oid) AND c.relkind <> 'p' AS has_children,
       EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid) AND NOT c.relispartition AS is_child,
       EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.ev_type = '4') AS has_delete_rule,
       EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary) AS has_primary_key,
       coalesce((SELECT array_agg(t.tgname::text ORDER BY t.tgname)
                 FROM pg_trigger AS t
                 WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 8 <> 0),
                '{}') AS delete_triggers,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                            'name', k.conname, 'schema', s.nspname, 'table', f.relname, 'action', k.confdeltype,
                            'is_self', f.oid = c.oid,
                            'pairs', (SELECT jsonb_agg(jsonb_build_array(r.attname, a.attname) ORDER BY p.nth)
                                      FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS p (theirs, ours, nth)
                                      JOIN pg_attribute AS r ON r.attrelid = k.conrelid AND r.attnum = p.theirs
                                      JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = p.ours)
                        ) ORDER BY k.conname)
                 FROM pg_constraint AS k
                 JOIN pg_class AS f ON f.oid = k.conrelid
                 JOIN pg_namespace AS s ON s.oid = f.relnamespace
                 WHERE k.confrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0),
                '[]') AS referring,
       size.rows,
       size.bytes
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce(sum(greatest(leaf.reltuples, 0)), 0)::bigint AS rows,
           coalesce(sum(pg_total_relation_size(leaf.oid)), 0)::bigint AS bytes
    FROM pg_class AS leaf
    WHERE leaf.oid = c.oid AND c.relkind <> 'p'
       OR c.relkind = 'p' AND leaf.relkind <> 'p' AND leaf.oid IN (SELECT t.relid FROM pg_partition_tree(c.oid) AS t)
) AS size
WHERE c.oid = %(oid)s::oid;
