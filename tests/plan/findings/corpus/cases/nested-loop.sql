-- # A time between two others, without an index on it
-- expects: nested-loop
-- ## given
CREATE TABLE shifts AS
SELECT n AS id, timestamptz '2024-01-01' + n * interval '7 days' AS starts, timestamptz '2024-01-01 00:10' + n * interval '7 days' AS ends
FROM generate_series(1, 40) AS n;
ANALYZE shifts;
-- ## statement
SELECT s.id, count(*) FROM shifts s JOIN orders o ON o.placed_at BETWEEN s.starts AND s.ends GROUP BY s.id

-- # Hash joins are switched off
-- expects: nested-loop
-- settings: enable_hashjoin = off; enable_mergejoin = off
-- ## given
ALTER TABLE items DROP CONSTRAINT items_pkey;
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
CREATE INDEX ON orders (zip);
-- ## statement
SELECT count(*) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.zip = 'Z140' AND i.quantity > 1

-- # Joined by one column or another
-- expects: nested-loop
-- ## given
CREATE INDEX ON orders (zip);
-- ## statement
SELECT count(*) FROM orders o JOIN items i ON i.order_id = o.id OR i.sku = o.number WHERE o.zip = 'Z140'
-- ## mended
SELECT count(*) FROM (
    SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id WHERE o.zip = 'Z140'
    UNION ALL
    SELECT o.id FROM orders o JOIN items i ON i.sku = o.number AND i.order_id <> o.id WHERE o.zip = 'Z140'
) AS either

-- # Looked up one by one, because a join of both sides was misjudged
-- expects: nested-loop
-- settings: work_mem = '64MB'
-- ## given
CREATE TABLE visits AS SELECT n AS id, 1 + n % 20000 AS customer_id, CASE WHEN n % 2 = 0 THEN 'mobile' ELSE 'desktop' END AS device FROM generate_series(1, 100000) AS n;
VACUUM (ANALYZE) visits;
-- ## statement
SELECT count(*) FROM generate_series(1, 40) AS g (n), visits v JOIN orders o ON o.id = v.id
WHERE v.customer_id % 7 = g.n % 7 AND v.device = 'mobile' AND v.id + g.n > 3 AND v.id * g.n < 3000000

-- # Near miss: as many look-ups as planned
-- expects: nothing
-- ## given
CREATE INDEX ON orders (zip);
-- ## statement
SELECT count(*) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.zip = 'Z140'

-- # Near miss: few pairs
-- expects: nothing
-- ## statement
SELECT count(*) FROM (VALUES ('DE', 1), ('FR', 2), ('IT', 3)) AS c (code, n) JOIN customers ON country = code OR n = 4
