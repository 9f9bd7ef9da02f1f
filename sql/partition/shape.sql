-- A partition and those beneath it, each before its own: what a new one beside it is made like. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       pn.nspname::text AS parent_schema,
       pc.relname::text AS parent_name,
       tree.level,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
       c.relpersistence = 'u' AS is_unlogged,
       c.relkind = 'f' AS is_foreign,
       c.relreplident::text AS replica_identity,
       am.amname::text AS access_method,
       ts.spcname::text AS tablespace,
       coalesce(c.reloptions, '{}') || coalesce((SELECT array_agg('toast.' || o.option)
                                                 FROM pg_class AS toast
                                                 CROSS JOIN LATERAL unnest(toast.reloptions) AS o (option)
                                                 WHERE toast.oid = c.reltoastrelid), '{}') AS options,
       (
           SELECT inheritance.inhparent::bigint
           FROM pg_index AS i
           JOIN pg_inherits AS inheritance ON inheritance.inhrelid = i.indexrelid
           WHERE i.indrelid = c.oid AND i.indisreplident
       ) AS replica_index
FROM pg_partition_tree(%(table)s::regclass) AS tree
JOIN pg_class AS c ON c.oid = tree.relid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS pc ON pc.oid = tree.parentrelid
LEFT JOIN pg_namespace AS pn ON pn.oid = pc.relnamespace
LEFT JOIN pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_tablespace AS ts ON ts.oid = c.reltablespace
ORDER BY tree.level, c.relname;
