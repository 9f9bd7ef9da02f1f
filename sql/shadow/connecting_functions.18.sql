-- Functions of extensions that connect to other servers. Needs no privilege.
SELECT p.oid::regprocedure::text AS signature
FROM pg_extension AS e
JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE e.extname = 'dblink'
ORDER BY 1;
