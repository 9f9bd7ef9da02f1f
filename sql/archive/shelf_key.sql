-- The columns of a table's primary key; none where it has none. Needs no privilege.
SELECT a.attname::text AS name
FROM pg_index AS i
JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, nth) ON true
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = %(oid)s::oid AND i.indisprimary
ORDER BY k.nth;
