-- Settings that the session has not from the server, where it has them from instead, and what they are where no file
-- says so. Needs no privilege.
SELECT name, source, coalesce(boot_val, '') AS default
FROM pg_settings
WHERE source IN ('client', 'session', 'user', 'database user');
