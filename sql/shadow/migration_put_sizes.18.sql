-- Tell pg_class sizes of relations. Needs to be superuser.
UPDATE pg_class AS c
SET relpages = w.blocks, reltuples = w.rows, relallvisible = w.visible, relallfrozen = w.frozen
FROM unnest(%(relations)s::bigint[], %(blocks)s::int[], %(rows)s::real[], %(visible)s::int[], %(frozen)s::int[])
    AS w (oid, blocks, rows, visible, frozen)
WHERE c.oid = w.oid::oid;
