-- What a partition has that does not go with it into an archive: foreign keys, generated values and defaults, which are
-- taken from it; triggers of its own, keys that point to it and virtual columns, which keep it where it is. A constraint
-- of a constraint of the same table goes with that one. Needs no privilege.
SELECT pg_total_relation_size(c.oid) AS bytes,
       pg_get_partition_constraintdef(c.oid) AS bounds,
       coalesce((SELECT bool_or(k.convalidated) FROM pg_constraint AS k
                 WHERE k.conrelid = c.oid AND k.conname = 'dbopt_archive_bounds'), false) AS is_checked,
       EXISTS (SELECT FROM pg_constraint AS k
               WHERE k.conrelid = c.oid AND k.conname = 'dbopt_archive_bounds') AS has_check,
       coalesce((SELECT array_agg(k.conname::text ORDER BY k.conname)
                 FROM pg_constraint AS k
                 LEFT JOIN pg_constraint AS p ON p.oid = k.conparentid
                 WHERE k.conrelid = c.oid AND k.contype = 'f' AND p.conrelid IS DISTINCT FROM k.conrelid),
                '{}') AS foreign_keys,
       coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum)
                 FROM pg_attribute AS a
                 WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attgenerated = 's'), '{}') AS generated,
       coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum)
                 FROM pg_attribute AS a
                 WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.atthasdef AND a.attgenerated = ''),
                '{}') AS defaults,
       coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum)
                 FROM pg_attribute AS a
                 WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attgenerated = 'v'), '{}') AS virtual,
       coalesce((SELECT array_agg(t.tgname::text ORDER BY t.tgname)
                 FROM pg_trigger AS t
                 WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0), '{}') AS triggers,
       coalesce((SELECT array_agg(k.conname::text ORDER BY k.conname)
                 FROM pg_constraint AS k
                 WHERE k.confrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0), '{}') AS referring,
       coalesce((SELECT array_agg(x.relname::text ORDER BY x.relname)
                 FROM pg_index AS i
                 JOIN pg_class AS x ON x.oid = i.indexrelid
                 WHERE i.indrelid = c.oid), '{}') AS indexes
FROM pg_class AS c
WHERE c.oid = %(oid)s::oid;
