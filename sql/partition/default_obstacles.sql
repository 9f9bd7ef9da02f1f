-- Why rows cannot be taken out of a default partition unseen: what refers to it, what publishes it, what it is itself.
-- Needs no privilege.
SELECT (
           SELECT min(con.conrelid::regclass::text)
           FROM pg_constraint AS con
           WHERE con.contype = 'f' AND con.confrelid = c.oid
       ) AS referenced_by,
       (
           SELECT min(p.pubname)::text
           FROM pg_publication_tables AS p
           WHERE (p.schemaname, p.tablename) IN ((n.nspname, c.relname), (rn.nspname, root.relname))
       ) AS published_by,
       c.relkind::text AS kind,
       pg_relation_size(c.oid) / current_setting('block_size')::bigint AS blocks,
       coalesce((
           SELECT json_agg(json_build_object('name', t.tgname, 'enabled', t.tgenabled) ORDER BY t.tgname)
           FROM pg_trigger AS t
           WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
       ), '[]') AS triggers
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
JOIN pg_namespace AS rn ON rn.oid = root.relnamespace
WHERE c.oid = %(table)s::regclass;
