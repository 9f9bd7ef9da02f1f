-- The constraints of a table, and the foreign keys of others that point to it, without those that partitions have from
-- their parents. Needs no privilege.
SELECT k.conname::text AS name,
       k.contype::text AS type,
       pg_get_constraintdef(k.oid) AS definition,
       k.convalidated AS is_valid,
       k.condeferrable AS is_deferrable,
       k.connoinherit AS no_inherit,
       k.conrelid <> %(oid)s AS is_inbound,
       k.contype = 'f' AND k.conrelid = k.confrelid AS is_to_itself,
       n.nspname::text AS schema,
       c.relname::text AS "table",
       c.relkind = 'p' AS of_partitioned,
       (
           SELECT coalesce(array_agg(a.attname::text ORDER BY u.number), '{}')
           FROM unnest(CASE WHEN k.conrelid = %(oid)s THEN k.conkey ELSE k.confkey END)
               WITH ORDINALITY AS u (attnum, number)
           JOIN pg_attribute AS a ON a.attrelid = %(oid)s AND a.attnum = u.attnum
       ) AS columns,
       obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE (k.conrelid = %(oid)s OR k.confrelid = %(oid)s) AND k.conparentid = 0 AND k.contype <> 't'
ORDER BY k.contype, k.conname, n.nspname, c.relname;
