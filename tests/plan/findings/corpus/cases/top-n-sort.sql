-- # The ten largest orders
-- expects: top-n-sort
-- ## statement
SELECT id, total FROM orders ORDER BY total DESC LIMIT 10

-- # The latest of most orders, in two directions
-- expects: top-n-sort
-- ## statement
SELECT id, total FROM orders WHERE status = 'done' ORDER BY placed_at DESC, city LIMIT 5

-- # Near miss: the index is there
-- expects: nothing
-- ## given
CREATE INDEX ON orders (total);
-- ## statement
SELECT id, total FROM orders ORDER BY total DESC LIMIT 10

-- # Near miss: a good part of the rows is wanted
-- expects: nothing
-- ## statement
SELECT id, total FROM orders ORDER BY total DESC LIMIT 5000

-- # Near miss: the order is computed
-- expects: nothing
-- ## statement
SELECT id, total FROM orders ORDER BY total * length(city) DESC LIMIT 10

-- # Near miss: few rows to sort
-- expects: nothing
-- ## given
CREATE INDEX ON orders (customer_id);
-- ## statement
SELECT id, total FROM orders WHERE customer_id = 4242 ORDER BY total DESC LIMIT 1
