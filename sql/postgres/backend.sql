-- The server process of this session: behind a pooler it is not the one that the client was told. Needs no privilege.
SELECT pg_backend_pid() AS pid;
