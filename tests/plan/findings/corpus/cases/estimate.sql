-- # Two columns that belong together
-- expects: estimate
-- ## statement
SELECT count(*) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.city = 'City 7' AND o.zip IN ('Z140', 'Z141', 'Z142', 'Z143', 'Z144', 'Z145', 'Z146', 'Z147', 'Z148', 'Z149', 'Z150', 'Z151', 'Z152', 'Z153', 'Z154', 'Z155', 'Z156', 'Z157', 'Z158', 'Z159')

-- # Two columns that exclude each other
-- expects: estimate
-- ## given
ALTER TABLE orders ADD pending boolean;
UPDATE orders SET pending = CASE WHEN status = 'done' THEN id % 225 = 0 ELSE id % 2 = 0 END;
VACUUM (FULL, ANALYZE) orders;
-- ## statement
SELECT sum(quantity) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.status = 'done' AND o.pending

-- # An expression of which nothing is known
-- expects: estimate
-- ## statement
SELECT count(*) FROM orders o JOIN items i ON i.order_id = o.id WHERE details ->> 'gift' = 'true'

-- # A value that is too rare for the list of common ones
-- expects: estimate
-- ## given
CREATE TABLE hits AS
SELECT n AS id, CASE WHEN n % 2 = 0 THEN 1 + (n / 2) % 400 ELSE 1000 + n END AS page, repeat('x', 20) AS filler
FROM generate_series(1, 200000) AS n;
ALTER TABLE hits ADD PRIMARY KEY (id);
ALTER TABLE hits ALTER page SET STATISTICS 10;
VACUUM (ANALYZE) hits;
-- ## statement
SELECT o.id, h.id FROM hits h JOIN orders o ON o.id = h.id WHERE h.page = 399 AND o.total > 0

-- # Groups by two columns of which one decides the other
-- expects: estimate
-- ## given
ALTER TABLE orders ADD shop integer, ADD town integer;
UPDATE orders SET shop = id % 2000, town = id % 2000 / 40;
INSERT INTO orders SELECT id + 100000 * more, customer_id, number, status, city, zip, total, placed_at, day, details, shop, town
FROM orders, generate_series(1, 3) AS more;
VACUUM (FULL, ANALYZE) orders;
-- ## statement
SELECT shop, town, count(*) FROM orders GROUP BY shop, town

-- # A function that returns more rows than the planner expects
-- expects: estimate
-- ## given
CREATE FUNCTION wanted() RETURNS SETOF bigint LANGUAGE plpgsql STABLE
AS $$ BEGIN RETURN QUERY SELECT n FROM generate_series(1::bigint, 60000) AS n; END $$;
-- ## statement
SELECT count(*) FROM wanted() AS w (id) JOIN orders o ON o.id = w.id

-- # Near miss: the statistics are there
-- expects: nothing
-- ## given
CREATE STATISTICS city_zip ON city, zip FROM orders;
ALTER STATISTICS city_zip SET STATISTICS 2000;
ANALYZE orders;
-- ## statement
SELECT count(*) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.city = 'City 7' AND o.zip IN ('Z140', 'Z141', 'Z142', 'Z143', 'Z144', 'Z145', 'Z146', 'Z147', 'Z148', 'Z149', 'Z150', 'Z151', 'Z152', 'Z153', 'Z154', 'Z155', 'Z156', 'Z157', 'Z158', 'Z159')

-- # Near miss: a LIMIT stopped the scan
-- expects: nothing
-- ## statement
SELECT * FROM orders WHERE city = 'City 7' LIMIT 3

-- # Near miss: off by ten, but it is a handful of rows
-- expects: nothing
-- ## given
CREATE INDEX ON orders (zip);
-- ## statement
SELECT * FROM orders WHERE zip = 'Z140' AND city = 'City 9'
