-- Whether a table can be read in the order of a column: it leads a valid b-tree over all rows. Needs no privilege.
SELECT EXISTS (
    SELECT
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = %(oid)s::oid AND a.attname = %(control)s AND m.amname = 'btree'
      AND i.indisvalid AND i.indpred IS NULL
) AS is_ordered;
