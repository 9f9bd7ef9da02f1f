-- # Never analysed
-- expects: stale-statistics
-- ## given
CREATE TABLE visits (id bigint PRIMARY KEY, order_id bigint, kind text);
INSERT INTO visits SELECT n, n, CASE WHEN n % 20 = 0 THEN 'buy' ELSE 'look' END FROM generate_series(1, 80000) AS n;
-- ## statement
SELECT count(*) FROM visits v JOIN orders o ON o.id = v.order_id WHERE v.kind = 'look'

-- # Most rows came after the last ANALYZE
-- expects: stale-statistics
-- ## given
CREATE TABLE visits (id bigint PRIMARY KEY, order_id bigint, kind text);
INSERT INTO visits SELECT n, n, 'look' FROM generate_series(1, 20000) AS n;
ANALYZE visits;
INSERT INTO visits SELECT n, n, 'buy' FROM generate_series(20001, 80000) AS n;
-- ## statement
SELECT count(*) FROM visits v JOIN orders o ON o.id = v.order_id WHERE v.kind = 'buy'

-- # Never analysed, planned only
-- expects: stale-statistics
-- planned: yes
-- ## given
CREATE TABLE visits (id bigint PRIMARY KEY, order_id bigint, kind text);
INSERT INTO visits SELECT n, n, CASE WHEN n % 2 = 0 THEN 'buy' ELSE 'look' END FROM generate_series(1, 80000) AS n;
-- ## statement
SELECT count(*) FROM visits v JOIN orders o ON o.id = v.order_id WHERE v.kind = 'look'

-- # A partitioned table that was never analysed as a whole
-- expects: stale-statistics
-- ## given
CREATE TABLE events (day date NOT NULL, customer_id bigint NOT NULL, kind text) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
INSERT INTO events SELECT day, customer_id, status FROM orders WHERE day < '2025-01-01';
VACUUM (ANALYZE) events_1, events_2;
-- ## statement
SELECT customer_id, count(*) FROM events GROUP BY customer_id

-- # Near miss: many rows changed, and the planner is right all the same
-- expects: nothing
-- ## given
CREATE TABLE visits (id bigint PRIMARY KEY, order_id bigint, kind text);
INSERT INTO visits SELECT n, n, CASE WHEN n % 2 = 0 THEN 'buy' ELSE 'look' END FROM generate_series(1, 20000) AS n;
ANALYZE visits;
INSERT INTO visits SELECT n, n, CASE WHEN n % 2 = 0 THEN 'buy' ELSE 'look' END FROM generate_series(20001, 80000) AS n;
-- ## statement
SELECT count(*) FROM visits v JOIN orders o ON o.id = v.order_id WHERE v.kind = 'look'

-- # Near miss: a new table of a page or two
-- expects: nothing
-- ## given
CREATE TABLE flags (name text, value text);
INSERT INTO flags SELECT 'flag ' || n, 'on' FROM generate_series(1, 50) AS n;
-- ## statement
SELECT count(*) FROM flags f JOIN orders o ON o.status = f.name WHERE f.value = 'on'
