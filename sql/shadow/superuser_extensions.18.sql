-- Which of these extensions are available but not there yet, and only a superuser can create? Needs no privilege.
SELECT a.name
FROM pg_catalog.pg_available_extensions AS a
JOIN pg_catalog.pg_available_extension_versions AS v ON v.name = a.name AND v.version = a.default_version
WHERE a.name = ANY (%(names)s::text[]) AND a.installed_version IS NULL AND v.superuser AND NOT v.trusted;
