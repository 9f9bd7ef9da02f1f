-- Partitions that the planner could leave out.

-- # The month is cut out of the partition key
-- demo: lost-pruning, cost
-- ## before
SELECT count(*) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## after
SELECT count(*) FROM visits WHERE date_trunc('month', at) = '2025-03-01'

-- # The partition key is cast to a date
-- demo: lost-pruning, cost
-- ## before
SELECT path, ms FROM visits WHERE at >= '2025-03-03' AND at < '2025-03-04'
-- ## after
SELECT path, ms FROM visits WHERE at::date = '2025-03-03'

-- # The partition key is given a time zone
-- demo: lost-pruning, cost
-- ## before
SELECT count(*), avg(ms) FROM visits WHERE at >= '2025-03-03' AND at < '2025-03-10'
-- ## after
SELECT count(*), avg(ms)
FROM visits
WHERE at AT TIME ZONE 'Europe/Berlin' >= '2025-03-03' AND at AT TIME ZONE 'Europe/Berlin' < '2025-03-10'

-- # The condition on the partition key is left out
-- demo: lost-pruning, cost
-- ## before
SELECT max(ms) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01' AND country = 'DE'
-- ## after
SELECT max(ms) FROM visits WHERE country = 'DE'

-- # Another column joins the partition key by OR
-- demo: lost-pruning, cost
-- ## before
SELECT count(*) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## after
SELECT count(*) FROM visits WHERE (at >= '2025-03-01' AND at < '2025-04-01') OR ms > 890

-- # The month comes from a table
-- demo: lost-pruning, cost
-- ## given
CREATE TABLE months (name text PRIMARY KEY, starts timestamptz NOT NULL, ends timestamptz NOT NULL);
INSERT INTO months
SELECT to_char(month, 'YYYY-MM'), month, month + interval '1 month'
FROM generate_series(timestamp '2024-01-01', timestamp '2025-12-01', interval '1 month') AS month;
ANALYZE months;
-- ## before
SELECT count(*), avg(v.ms) FROM visits AS v WHERE v.at >= '2025-03-01' AND v.at < '2025-04-01'
-- ## after
SELECT count(*), avg(v.ms) FROM visits AS v JOIN months AS m ON v.at >= m.starts AND v.at < m.ends WHERE m.name = '2025-03'

-- # The key of hash partitions is computed
-- demo: lost-pruning, cost
-- ## before
SELECT country, price FROM offers WHERE product_id = 2000
-- ## after
SELECT country, price FROM offers WHERE product_id + 0 = 2000

-- # The range on the partition key loses its end
-- demo: lost-pruning, cost
-- ## before
SELECT count(*) FROM visits WHERE at >= '2024-03-01' AND at < '2024-04-01' AND ms > 100
-- ## after
SELECT count(*) FROM visits WHERE at >= '2024-03-01' AND ms > 100

-- # Many partitions become one
-- demo: lost-pruning, cost, seq-scan
-- ## before
SELECT count(*), avg(ms) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## change
CREATE TABLE flat AS SELECT * FROM visits;
DROP TABLE visits;
ALTER TABLE flat RENAME TO visits;
CREATE INDEX visits_customer ON visits (customer_id);
VACUUM (ANALYZE) visits;

-- # Months are spread over hash partitions
-- demo: lost-pruning, cost
-- ## before
SELECT count(*), avg(ms) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## change
CREATE TABLE spread (LIKE visits) PARTITION BY HASH (path);
CREATE TABLE spread_0 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE spread_1 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE spread_2 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE spread_3 PARTITION OF spread FOR VALUES WITH (MODULUS 4, REMAINDER 3);
INSERT INTO spread SELECT * FROM visits;
DROP TABLE visits;
ALTER TABLE spread RENAME TO visits;
VACUUM (ANALYZE) visits;
