-- Size of this database on disk. Needs CONNECT on it.
SELECT pg_database_size(current_database()) AS bytes;
