-- # A queue whose done jobs are still in the index
-- expects: dead-rows
-- ## given
CREATE TABLE jobs (id bigint PRIMARY KEY, payload text);
INSERT INTO jobs SELECT n, repeat('x', 100) FROM generate_series(1, 200000) AS n;
VACUUM (ANALYZE) jobs;
DELETE FROM jobs WHERE id <= 190000;
BEGIN;
ALTER TABLE jobs SET (autovacuum_enabled = off);
COMMIT;
-- ## statement
SELECT * FROM jobs ORDER BY id LIMIT 1

-- # Near miss: it was vacuumed
-- expects: nothing
-- ## given
CREATE TABLE jobs (id bigint PRIMARY KEY, payload text);
INSERT INTO jobs SELECT n, repeat('x', 100) FROM generate_series(1, 200000) AS n;
DELETE FROM jobs WHERE id <= 190000;
VACUUM (ANALYZE) jobs;
-- ## statement
SELECT * FROM jobs ORDER BY id LIMIT 1

-- # Near miss: dead rows, but the scan does not meet them
-- expects: nothing
-- ## given
CREATE TABLE jobs (id bigint PRIMARY KEY, payload text);
INSERT INTO jobs SELECT n, repeat('x', 100) FROM generate_series(1, 200000) AS n;
VACUUM (ANALYZE) jobs;
DELETE FROM jobs WHERE id <= 100000;
-- ## statement
SELECT * FROM jobs WHERE id > 150000 ORDER BY id LIMIT 100
