-- What follows CREATE [UNIQUE] INDEX ON or ALTER TABLE, and the name, for each index of a partitioned table. Needs no
-- privilege.
SELECT CASE WHEN con.oid IS NULL THEN NULL ELSE pg_get_constraintdef(con.oid) END AS constraint_sql,
       i.indisunique AS is_unique,
       substr(
           pg_get_indexdef(i.indexrelid),
           length(concat('CREATE ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, 'INDEX ', quote_ident(ic.relname),
                         ' ON ONLY ', quote_ident(n.nspname), '.', quote_ident(c.relname))) + 1
       ) AS tail
FROM pg_index AS i
JOIN pg_class AS ic ON ic.oid = i.indexrelid
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint AS con ON con.conindid = i.indexrelid AND con.conrelid = c.oid AND con.contype IN ('p', 'u', 'x')
WHERE c.oid = %(table)s::regclass
ORDER BY i.indisprimary DESC, ic.relname;
