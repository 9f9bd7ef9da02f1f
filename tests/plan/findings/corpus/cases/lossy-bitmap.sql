-- # A bitmap of many pages in little memory
-- expects: lossy-bitmap
-- settings: work_mem = '64kB'
-- ## given
CREATE INDEX ON orders (customer_id);
CREATE TABLE wide AS SELECT n AS id, (n * 7919::bigint) % 997 AS code, repeat('x', 30) AS filler FROM generate_series(1, 600000) AS n;
CREATE INDEX ON wide (code);
VACUUM (ANALYZE) wide;
-- ## statement
SELECT count(filler) FROM wide WHERE code BETWEEN 5 AND 25

-- # Near miss: memory enough
-- expects: nothing
-- settings: work_mem = '4MB'
-- ## given
CREATE TABLE wide AS SELECT n AS id, (n * 7919::bigint) % 997 AS code, repeat('x', 30) AS filler FROM generate_series(1, 600000) AS n;
CREATE INDEX ON wide (code);
VACUUM (ANALYZE) wide;
-- ## statement
SELECT count(filler) FROM wide WHERE code BETWEEN 5 AND 25

-- # Near miss: lossy, but most rows of the pages are wanted
-- expects: nothing
-- settings: work_mem = '64kB'; enable_seqscan = off; enable_indexscan = off; enable_indexonlyscan = off
-- ## statement
SELECT sum(total) FROM orders WHERE id BETWEEN 1 AND 99000
