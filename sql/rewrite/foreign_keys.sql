-- Foreign keys that hold for every row at any moment: validated, enforced, checked at once, their triggers enabled. The
-- rows that PostgreSQL keeps for each partition of a referenced table say nothing of the whole table and are left out.
-- Needs no privilege.
WITH RECURSIVE above AS (
    SELECT con.oid AS constraint_oid, con.conparentid AS parent, con.confrelid AS referenced
    FROM pg_constraint AS con
    WHERE con.contype = 'f'
    UNION ALL
    SELECT a.constraint_oid, con.conparentid, con.confrelid
    FROM above AS a
    JOIN pg_constraint AS con ON con.oid = a.parent
)
SELECT n.nspname::text AS schema,
       t.relname::text AS relation,
       con.conname::text AS name,
       (
           SELECT array_agg(a.attname::text ORDER BY k.position)
           FROM unnest(con.conkey) WITH ORDINALITY AS k (number, position)
           JOIN pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = k.number
       ) AS columns,
       rn.nspname::text AS referenced_schema,
       r.relname::text AS referenced_relation,
       (
           SELECT array_agg(a.attname::text ORDER BY k.position)
           FROM unnest(con.confkey) WITH ORDINALITY AS k (number, position)
           JOIN pg_attribute AS a ON a.attrelid = con.confrelid AND a.attnum = k.number
       ) AS referenced_columns
FROM pg_constraint AS con
JOIN above ON above.constraint_oid = con.oid AND above.parent = 0 AND above.referenced = con.confrelid
JOIN pg_class AS t ON t.oid = con.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS r ON r.oid = con.confrelid
JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE con.contype = 'f'
  AND con.convalidated
  AND NOT con.condeferrable
  AND coalesce((to_jsonb(con) ->> 'conenforced')::boolean, true)
  AND NOT coalesce((to_jsonb(con) ->> 'conperiod')::boolean, false)
  AND NOT pg_is_other_temp_schema(n.oid)
  AND NOT EXISTS (
      SELECT FROM pg_trigger AS g WHERE g.tgconstraint = con.oid AND g.tgenabled NOT IN ('O', 'A')
  )
ORDER BY n.nspname, t.relname, con.conname;
