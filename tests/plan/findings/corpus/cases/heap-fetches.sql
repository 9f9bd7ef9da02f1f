-- # A table that was never vacuumed
-- expects: heap-fetches
-- settings: enable_bitmapscan = off; enable_seqscan = off
-- ## given
CREATE TABLE visits AS SELECT n AS id, n % 2000 AS customer_id, repeat('x', 200) AS filler FROM generate_series(1, 100000) AS n;
CREATE INDEX ON visits (customer_id);
ANALYZE visits;
-- ## statement
SELECT count(*) FROM visits WHERE customer_id BETWEEN 100 AND 199

-- # Near miss: it was vacuumed
-- expects: nothing
-- ## given
CREATE TABLE visits AS SELECT n AS id, n % 2000 AS customer_id, repeat('x', 200) AS filler FROM generate_series(1, 100000) AS n;
CREATE INDEX ON visits (customer_id);
VACUUM (ANALYZE) visits;
-- ## statement
SELECT count(*) FROM visits WHERE customer_id BETWEEN 100 AND 199

-- # Near miss: a few rows changed since
-- expects: nothing
-- ## given
CREATE TABLE visits AS SELECT n AS id, n % 2000 AS customer_id, repeat('x', 200) AS filler FROM generate_series(1, 100000) AS n;
CREATE INDEX ON visits (customer_id);
VACUUM (ANALYZE) visits;
UPDATE visits SET filler = 'y' WHERE id % 100 = 0;
-- ## statement
SELECT count(*) FROM visits WHERE customer_id BETWEEN 100 AND 199
