-- # The day of a time
-- expects: hidden-column
-- ## given
CREATE INDEX ON orders (placed_at);
-- ## statement
SELECT id FROM orders o WHERE placed_at::date = '2024-03-05'

-- # An address in lower case
-- expects: hidden-column
-- ## given
CREATE INDEX ON customers (email);
-- ## statement
SELECT id FROM customers WHERE lower(email) = 'user77@example.com' AND active

-- # A computation
-- expects: hidden-column
-- ## given
CREATE INDEX ON orders (customer_id);
-- ## statement
SELECT id FROM orders WHERE customer_id + 1 = 4243

-- # Planned only
-- expects: hidden-column
-- planned: yes
-- ## given
CREATE INDEX ON orders (placed_at);
-- ## statement
SELECT id FROM orders WHERE date_trunc('day', placed_at) = '2024-03-05'
-- ## mended
SELECT id FROM orders WHERE placed_at >= '2024-03-05' AND placed_at < timestamptz '2024-03-05' + interval '1 day'

-- # Near miss: the expression is indexed
-- expects: nothing
-- ## given
CREATE INDEX ON customers (email);
CREATE INDEX ON customers (lower(email));
ANALYZE customers;
-- ## statement
SELECT id FROM customers WHERE lower(email) = 'user77@example.com'

-- # Near miss: most rows satisfy it
-- expects: nothing
-- ## given
CREATE INDEX ON orders (total);
-- ## statement
SELECT count(*) FROM orders WHERE round(total) > 100

-- # Near miss: another condition finds the rows
-- expects: nothing
-- ## given
CREATE INDEX ON orders (placed_at);
-- ## statement
SELECT id FROM orders WHERE id < 100 AND placed_at::date = '2024-01-01'
