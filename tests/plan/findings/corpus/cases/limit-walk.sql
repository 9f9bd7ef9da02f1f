-- # The newest order of a customer who has long not ordered
-- expects: limit-walk
-- ## given
UPDATE orders SET customer_id = 1 WHERE id < 300;
CREATE INDEX ON orders (placed_at);
VACUUM (ANALYZE) orders;
-- ## statement
SELECT * FROM orders WHERE customer_id = 1 ORDER BY placed_at DESC LIMIT 20

-- # There is an index that fits, but the planner thinks that the rows come soon
-- expects: limit-walk
-- ## given
UPDATE orders SET customer_id = 1 WHERE id < 3000;
CREATE INDEX ON orders (placed_at);
CREATE INDEX ON orders (customer_id, placed_at);
VACUUM (ANALYZE) orders;
-- ## statement
SELECT * FROM orders WHERE customer_id = 1 ORDER BY placed_at DESC LIMIT 20
-- ## mended
SELECT * FROM orders WHERE customer_id = 1 ORDER BY placed_at + interval '0' DESC LIMIT 20

-- # All that pass the filter stand at the end
-- expects: limit-walk
-- ## given
CREATE INDEX ON orders (day);
-- ## statement
SELECT * FROM orders WHERE day > '2024-06-30' ORDER BY id LIMIT 10
-- ## mended
SELECT * FROM orders WHERE day > '2024-06-30' ORDER BY id + 0 LIMIT 10

-- # Planned only, by what the planner expects
-- expects: limit-walk
-- planned: yes
-- ## statement
SELECT * FROM orders WHERE customer_id = 4242 ORDER BY id LIMIT 1

-- # Near miss: the rows come soon
-- expects: nothing
-- ## statement
SELECT * FROM orders WHERE status = 'done' ORDER BY id LIMIT 20

-- # Near miss: an index that fits
-- expects: nothing
-- ## given
CREATE INDEX ON orders (customer_id, placed_at);
-- ## statement
SELECT * FROM orders WHERE customer_id = 1 ORDER BY placed_at DESC LIMIT 20
