-- # An index on the day, and a customer that the filter finds
-- expects: index-filter
-- ## given
CREATE INDEX ON orders (day);
CREATE INDEX ON items (sku);
-- ## statement
SELECT * FROM orders WHERE day BETWEEN '2024-03-01' AND '2024-05-31' AND customer_id = 4242

-- # Through a bitmap
-- expects: index-filter
-- ## given
CREATE INDEX ON orders (city);
-- ## statement
SELECT * FROM orders WHERE city = 'City 7' AND customer_id = 4242

-- # Near miss: the filter keeps half
-- expects: nothing
-- ## given
CREATE INDEX ON orders (city);
-- ## statement
SELECT * FROM orders WHERE city = 'City 7' AND total > 5000

-- # Near miss: few rows are thrown away
-- expects: nothing
-- ## given
CREATE INDEX ON orders (customer_id);
-- ## statement
SELECT * FROM orders WHERE customer_id = 4242 AND status = 'open'

-- # Near miss: the filter is no comparison that an index knows
-- expects: nothing
-- ## given
CREATE INDEX ON orders (city);
-- ## statement
SELECT * FROM orders WHERE city = 'City 7' AND number LIKE '%777'

-- # Near miss: all that is thrown away lies in the page that the index is read at
-- expects: nothing
-- settings: enable_seqscan = off; enable_hashjoin = off; enable_mergejoin = off; enable_bitmapscan = off
-- ## given
CREATE TABLE visits AS
SELECT n % 2000 AS customer_id, n AS at, n / 2000 AS page, repeat('x', 200) AS filler FROM generate_series(0, 99999) AS n;
CREATE INDEX ON visits (customer_id, at) INCLUDE (page);
VACUUM (ANALYZE) visits;
-- ## statement
SELECT count(*) FROM customers AS c JOIN visits AS v ON v.customer_id = c.id WHERE v.page = 3 AND c.id <= 500

-- # An index alone is read far and wide
-- expects: index-filter
-- settings: enable_seqscan = off; enable_bitmapscan = off
-- ## given
CREATE TABLE visits AS
SELECT n % 2 AS shop_id, n AS at, n / 20 AS page, repeat('x', 200) AS filler FROM generate_series(0, 99999) AS n;
CREATE INDEX ON visits (shop_id, at) INCLUDE (page);
VACUUM (ANALYZE) visits;
-- ## statement
SELECT count(*) FROM visits WHERE shop_id = 1 AND page = 3
