-- A number for a new batch. Needs USAGE on the sequence.
SELECT nextval(pg_get_serial_sequence('dbopt.archive_batch', 'id')) AS id;
