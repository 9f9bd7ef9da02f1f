-- Whether the role may set deadlock_timeout, after which an autovacuum gives way. Needs no privilege.
SELECT r.rolsuper AS may_hurry
FROM pg_roles AS r
WHERE r.rolname = current_user;
