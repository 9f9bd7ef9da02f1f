-- What the server's configuration files set. Needs to be superuser.
SELECT name, setting AS value FROM pg_file_settings WHERE applied;
