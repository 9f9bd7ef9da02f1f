-- Foreign keys: the columns that point and the columns they point to, in order; deletes say that the rows that point go
-- with the row they point to. Needs no privilege.
SELECT n.nspname::text AS schema,
       t.relname::text AS table_name,
       con.conname::text AS name,
       (
           SELECT array_agg(a.attname::text ORDER BY k.position)
           FROM unnest(con.conkey) WITH ORDINALITY AS k (number, position)
           JOIN pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = k.number
       ) AS columns,
       rn.nspname::text AS referenced_schema,
       r.relname::text AS referenced_table,
       (
           SELECT array_agg(a.attname::text ORDER BY k.position)
           FROM unnest(con.confkey) WITH ORDINALITY AS k (number, position)
           JOIN pg_attribute AS a ON a.attrelid = con.confrelid AND a.attnum = k.number
       ) AS referenced_columns,
       con.confdeltype = 'c' AS deletes
FROM pg_constraint AS con
JOIN pg_class AS t ON t.oid = con.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS r ON r.oid = con.confrelid
JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE con.contype = 'f'
  AND con.conparentid = 0
ORDER BY n.nspname, t.relname, con.conname;
