-- What hangs on a table and would not survive that another takes its place. Needs no privilege.
SELECT 'view' AS kind, v.oid::regclass::text AS name
FROM pg_depend AS d
JOIN pg_rewrite AS r ON r.oid = d.objid
JOIN pg_class AS v ON v.oid = r.ev_class
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %(oid)s
  AND v.oid <> d.refobjid
UNION
SELECT 'foreign key that refers to it', con.conname || ' of ' || con.conrelid::regclass::text
FROM pg_constraint AS con
WHERE con.confrelid = %(oid)s AND con.contype = 'f'
UNION
SELECT 'trigger', t.tgname::text FROM pg_trigger AS t WHERE t.tgrelid = %(oid)s AND NOT t.tgisinternal
UNION
SELECT 'rule', r.rulename::text FROM pg_rewrite AS r WHERE r.ev_class = %(oid)s
UNION
SELECT 'policy', p.polname::text FROM pg_policy AS p WHERE p.polrelid = %(oid)s
UNION
SELECT 'row security', 'enabled' FROM pg_class AS c
WHERE c.oid = %(oid)s AND (c.relrowsecurity OR c.relforcerowsecurity)
UNION
SELECT 'publication', p.pubname::text
FROM pg_publication_rel AS r
JOIN pg_publication AS p ON p.oid = r.prpubid
WHERE r.prrelid = %(oid)s
UNION
SELECT 'inheritance', i.inhparent::regclass::text FROM pg_inherits AS i WHERE i.inhrelid = %(oid)s
UNION
SELECT 'inheritance', i.inhrelid::regclass::text FROM pg_inherits AS i WHERE i.inhparent = %(oid)s
UNION
SELECT 'composite type', c.reloftype::regtype::text FROM pg_class AS c WHERE c.oid = %(oid)s AND c.reloftype <> 0
UNION
SELECT 'persistence', CASE c.relpersistence WHEN 't' THEN 'temporary' ELSE 'unlogged' END
FROM pg_class AS c
WHERE c.oid = %(oid)s AND c.relpersistence <> 'p'
UNION
SELECT 'security label', l.provider FROM pg_seclabel AS l
WHERE l.objoid = %(oid)s AND l.classoid = 'pg_class'::regclass
UNION
SELECT 'extension', e.extname::text
FROM pg_depend AS d
JOIN pg_extension AS e ON e.oid = d.refobjid
WHERE d.classid = 'pg_class'::regclass AND d.objid = %(oid)s AND d.refclassid = 'pg_extension'::regclass
  AND d.deptype = 'e'
ORDER BY kind, name;
