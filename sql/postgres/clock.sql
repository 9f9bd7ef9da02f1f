-- The server's clock, in microseconds since 1970. Needs no privilege.
SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us;
