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
