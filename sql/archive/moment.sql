-- The time of this transaction, and whether texts are sorted by their bytes here. Needs no privilege.
SELECT (now() AT TIME ZONE 'UTC')::text || '+00' AS now,
       d.datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') AS sorts_bytes,
       current_schemas(true)::text[] AS schemas
FROM pg_database AS d
WHERE d.datname = current_database();
