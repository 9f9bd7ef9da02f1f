-- The server's clock. Needs no privilege.
SELECT now() AS now;
