-- How many blocks a table has, and about how many rows they hold. Needs no privilege.
SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint AS blocks,
       CASE WHEN c.relpages > 0 AND c.reltuples > 0
            THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::bigint)
            ELSE pg_relation_size(c.oid) / 100.0 END::double precision AS rows
FROM pg_class AS c
WHERE c.oid = %(oid)s::oid;
