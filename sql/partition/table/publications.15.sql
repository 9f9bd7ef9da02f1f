-- The publications that a table is in. `all_of` says that it is one of all tables, or of all of a schema. Needs no
-- privilege.
SELECT p.pubname::text AS name,
       p.pubviaroot AS via_root,
       false AS all_of,
       (
           SELECT array_agg(a.attname::text ORDER BY a.attnum)
           FROM unnest(r.prattrs::int2[]) AS u (attnum)
           JOIN pg_attribute AS a ON a.attrelid = r.prrelid AND a.attnum = u.attnum
       ) AS columns,
       pg_get_expr(r.prqual, r.prrelid) AS condition
FROM pg_publication AS p
JOIN pg_publication_rel AS r ON r.prpubid = p.oid
WHERE r.prrelid = %(oid)s
UNION ALL
SELECT p.pubname::text, p.pubviaroot, true, NULL, NULL
FROM pg_publication AS p
WHERE p.puballtables
   OR EXISTS (
       SELECT
       FROM pg_publication_namespace AS s
       JOIN pg_class AS c ON c.relnamespace = s.pnnspid
       WHERE s.pnpubid = p.oid AND c.oid = %(oid)s
   )
ORDER BY 1;
