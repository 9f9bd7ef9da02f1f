-- Tell pg_class how many pages of tables are all visible; returns how many they were. Needs to be superuser.
WITH former AS MATERIALIZED (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relallvisible AS blocks
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm')
),
changed AS (
    UPDATE pg_class AS c
    SET relallvisible = w.blocks
    FROM unnest(%(schemas)s::text[], %(names)s::text[], %(blocks)s::int[]) AS w (schema, name, blocks)
    JOIN former AS f ON (f.schema, f.name) = (w.schema, w.name)
    WHERE c.oid = f.oid
    RETURNING c.oid
)
SELECT f.schema, f.name, f.blocks
FROM former AS f
JOIN changed USING (oid)
ORDER BY f.schema, f.name;
