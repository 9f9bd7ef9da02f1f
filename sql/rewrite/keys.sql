-- What is proven to be unique at any moment: valid unique b-trees over whole tables that are checked row by row, by the
-- equality of the columns' types. An index under another collation counts where neither takes different texts for
-- equal. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS relation,
       i.relname::text AS name,
       x.indisprimary AS is_primary,
       coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_are_equal,
       (
           SELECT array_agg(a.attname::text ORDER BY k)
           FROM generate_series(1, x.indnkeyatts) AS k
           JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k - 1]
       ) AS columns
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_am AS am ON am.oid = i.relam
JOIN pg_class AS c ON c.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE x.indisunique
  AND x.indisvalid
  AND x.indislive
  AND x.indimmediate
  AND NOT x.indisexclusion
  AND x.indpred IS NULL
  AND x.indexprs IS NULL
  AND am.amname = 'btree'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
  AND NOT EXISTS (
      SELECT
      FROM generate_series(1, x.indnkeyatts) AS k
      JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k - 1]
      JOIN pg_opclass AS oc ON oc.oid = x.indclass[k - 1]
      LEFT JOIN pg_collation AS own ON own.oid = a.attcollation
      LEFT JOIN pg_collation AS other ON other.oid = x.indcollation[k - 1]
      WHERE NOT oc.opcdefault
         OR (
             own.oid IS DISTINCT FROM other.oid
             AND NOT (coalesce(own.collisdeterministic, true) AND coalesce(other.collisdeterministic, true))
         )
  )
ORDER BY n.nspname, c.relname, i.relname;
