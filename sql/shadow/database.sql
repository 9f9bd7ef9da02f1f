-- How the database stores and sorts text, and where names are looked up. Needs no privilege.
SELECT pg_encoding_to_char(encoding)::text AS encoding,
       'c' AS locale_provider,
       datcollate::text AS collate,
       datctype::text AS ctype,
       current_setting('block_size')::int AS block_size,
       current_schemas(false)::text[] AS search_path
FROM pg_database
WHERE datname = current_database();
