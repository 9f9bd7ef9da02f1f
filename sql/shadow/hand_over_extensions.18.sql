-- Make a role the owner of extensions, so that it may drop them; what is in them keeps its owner. Needs to be superuser.
UPDATE pg_extension AS e
SET extowner = r.oid
FROM pg_roles AS r
WHERE r.rolname = %(role)s AND e.extname = ANY (%(names)s::text[]);
