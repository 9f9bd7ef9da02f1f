-- How much ANALYZE kept of the columns of some tables, given as arrays of schemas and names, and the first of their most
-- common values, as text. Needs SELECT on the tables.
SELECT s.schemaname::text AS schema,
       s.tablename::text AS table_name,
       s.attname::text AS name,
       coalesce(
           nullif((to_jsonb(a) ->> 'attstattarget')::int, -1), current_setting('default_statistics_target')::int
       ) AS target,
       nullif((to_jsonb(a) ->> 'attstattarget')::int, -1) AS own_target,
       coalesce(cardinality(s.most_common_freqs), 0) AS common_values,
       s.most_common_freqs[cardinality(s.most_common_freqs)]::float8 AS rarest_frequency,
       coalesce(cardinality(s.histogram_bounds::text::text[]), 0) AS bounds,
       coalesce((s.most_common_vals::text::text[])[:20], '{}') AS values,
       coalesce(s.most_common_freqs[:20], '{}')::float8[] AS frequencies
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (schema, name)
JOIN pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind IN ('r', 'm')
JOIN pg_attribute AS a ON a.attrelid = c.oid
JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
ORDER BY s.schemaname, s.tablename, s.attname;
