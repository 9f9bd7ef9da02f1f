-- Tell pg_class the sizes of hypothetical indexes. Needs to be superuser.
UPDATE pg_class AS c
SET relpages = w.blocks, reltuples = w.rows
FROM unnest(%(indexes)s::bigint[], %(blocks)s::int[], %(rows)s::real[]) AS w (oid, blocks, rows)
WHERE c.oid = w.oid::oid;
