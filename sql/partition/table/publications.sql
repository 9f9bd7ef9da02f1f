-- The publications that a table is in. `all_of` says that it is one of all tables, or of all of a schema. Needs no
-- privilege.
SELECT p.pubname::text AS name,
       p.pubviaroot AS via_root,
       false AS all_of,
       NULL::text[] AS columns,
       NULL::text AS condition
FROM pg_publication AS p
JOIN pg_publication_rel AS r ON r.prpubid = p.oid
WHERE r.prrelid = %(oid)s
UNION ALL
SELECT p.pubname::text, p.pubviaroot, true, NULL, NULL
FROM pg_publication AS p
WHERE p.puballtables
ORDER BY 1;
