-- Whether the role may set deadlock_timeout, after which an autovacuum gives way. Needs no privilege.
SELECT has_parameter_privilege('deadlock_timeout', 'SET') AS may_hurry;
