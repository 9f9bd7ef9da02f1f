-- # A status that few orders have, and a customer
-- expects: seq-scan
-- ## statement
SELECT * FROM orders WHERE status = 'open' AND customer_id = 4242

-- # An expression that is compared, without any index
-- expects: seq-scan
-- ## statement
SELECT id FROM customers WHERE lower(email) = 'user77@example.com'

-- # Names that need quotes
-- expects: seq-scan
-- ## statement
SELECT id FROM "Odd; name" WHERE "The ""Status""" = 'S77' AND "select" = 'T1'

-- # The partitions of a table, one like the other
-- expects: seq-scan
-- ## given
CREATE TABLE events (at date NOT NULL, customer_id bigint NOT NULL, kind text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-05-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-05-01') TO ('2024-09-01');
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2024-09-01') TO ('2025-01-01');
INSERT INTO events SELECT day, customer_id, status FROM orders WHERE day < '2025-01-01';
VACUUM (ANALYZE) events;
-- ## statement
SELECT * FROM events WHERE customer_id = 17

-- # Planned only, by what the planner expects
-- expects: seq-scan
-- planned: yes
-- ## statement
SELECT * FROM orders WHERE customer_id = 4242

-- # Each run of a subquery reads the table
-- expects: seq-scan
-- ## statement
SELECT id, (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE id < 30

-- # Near miss: a small table
-- expects: nothing
-- ## given
CREATE TABLE settings AS SELECT n AS id, 'setting ' || n AS name FROM generate_series(1, 2000) AS n;
VACUUM (ANALYZE) settings;
-- ## statement
SELECT * FROM settings WHERE name = 'setting 7'

-- # Near miss: a tenth of the rows, spread over all pages
-- expects: nothing
-- ## statement
SELECT count(*) FROM orders WHERE status = 'shipped'

-- # Near miss: one row in a hundred, one on nearly every page
-- expects: nothing
-- ## statement
SELECT sum(total) FROM orders WHERE status = 'open'

-- # Near miss: what throws the rows away is no comparison that an index knows
-- expects: nothing
-- ## statement
SELECT * FROM orders WHERE total > 3 AND length(number || status || city) > 40

-- # Near miss: planned only, and there is an index
-- expects: nothing
-- planned: yes
-- ## given
CREATE INDEX ON orders (customer_id);
-- ## statement
SELECT * FROM orders WHERE customer_id = 4242

-- # Columns of varchar, which EXPLAIN writes with a cast
-- expects: seq-scan
-- ## given
CREATE TABLE codes AS
SELECT n AS id, ('code ' || n % 5000)::varchar(30) AS code, (n % 90)::text::varchar AS kind, repeat('x', 80) AS note
FROM generate_series(1, 50000) AS n;
VACUUM (ANALYZE) codes;
-- ## statement
SELECT * FROM codes WHERE code = 'code 77' AND kind = '77'
