-- Changes to the schema that the query does not feel, or is glad of.

-- # An index on another table is added
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321
-- ## change
CREATE INDEX products_category ON products (category);

-- # An index on another column of the table is added
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321
-- ## change
CREATE INDEX orders_coupon ON orders (coupon) WHERE coupon IS NOT NULL;

-- # An index that helps is added
-- demo
-- ## before
SELECT count(*), sum(total) FROM orders WHERE coupon = 'WELCOME3'
-- ## change
CREATE INDEX orders_coupon ON orders (coupon) WHERE coupon IS NOT NULL;

-- # An index that covers the query is added
-- demo
-- ## before
SELECT customer_id, sum(total) FROM orders WHERE customer_id BETWEEN 100 AND 200 GROUP BY customer_id
-- ## change
CREATE INDEX orders_customer_total ON orders (customer_id) INCLUDE (total);
VACUUM orders;

-- # An index is given another name
-- demo
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## change
ALTER INDEX orders_customer RENAME TO ix_orders_customer_id_placed_at;

-- # An index is built again
-- demo
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## change
REINDEX INDEX orders_customer;

-- # An index is replaced by one with another name
-- demo
-- ## before
SELECT id, status FROM orders WHERE number = 'R00791900'
-- ## change
CREATE UNIQUE INDEX uq_orders_number ON orders (number);
DROP INDEX orders_number;

-- # An index that nothing uses is dropped
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321
-- ## change
DROP INDEX orders_waiting;

-- # A duplicate index is dropped
-- demo
-- ## given
CREATE INDEX orders_customer_again ON orders (customer_id, placed_at DESC);
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## change
DROP INDEX orders_customer;

-- # A unique index takes the place of a plain one
-- demo
-- ## given
DROP INDEX orders_number;
CREATE INDEX orders_number ON orders (number);
-- ## before
SELECT id, status FROM orders WHERE number = 'R00791900'
-- ## change
DROP INDEX orders_number;
CREATE UNIQUE INDEX orders_number ON orders (number);

-- # A table, a view and a function are added
-- demo
-- ## before
SELECT c.email, count(*) FROM customers AS c JOIN orders AS o ON o.customer_id = c.id WHERE c.id < 50 GROUP BY c.email
-- ## change
CREATE TABLE coupons (code text PRIMARY KEY, percent numeric NOT NULL);
INSERT INTO coupons SELECT 'C' || n, n FROM generate_series(1, 5000) AS n;
CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open';
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 2 * n $$;
ANALYZE coupons;

-- # A column with a default is added
-- demo
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## change
ALTER TABLE orders ADD COLUMN gift boolean NOT NULL DEFAULT false;

-- # A column without a value is added
-- demo
-- ## before
SELECT status, count(*), sum(total) FROM orders GROUP BY status
-- ## change
ALTER TABLE orders ADD COLUMN note text;

-- # A column that nobody reads is dropped
-- demo
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## change
ALTER TABLE orders DROP COLUMN coupon;

-- # A default is changed
-- demo
-- ## before
SELECT id, number FROM orders WHERE status = 'open' ORDER BY placed_at LIMIT 50
-- ## change
ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'open';

-- # A column becomes NOT NULL
-- demo
-- ## before
SELECT customer_id, newsletter FROM profiles WHERE birthday >= '1990-01-01'
-- ## change
ALTER TABLE profiles ALTER COLUMN birthday SET NOT NULL;

-- # A check is added
-- demo
-- ## before
SELECT id, number FROM orders WHERE total > 490 AND placed_at >= '2025-11-01'
-- ## change
ALTER TABLE orders ADD CONSTRAINT orders_total_positive CHECK (total >= 0);

-- # A foreign key is added
-- demo
-- ## before
SELECT c.email, p.newsletter FROM profiles AS p JOIN customers AS c ON c.id = p.customer_id WHERE c.country = 'LU'
-- ## change
ALTER TABLE profiles ADD FOREIGN KEY (customer_id) REFERENCES customers;

-- # A constraint is renamed
-- demo
-- ## before
SELECT line, product_id FROM items WHERE order_id = 777
-- ## change
ALTER TABLE items RENAME CONSTRAINT items_pkey TO pk_items;

-- # A table that the query does not read is renamed
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321
-- ## change
ALTER TABLE profiles RENAME TO customer_profiles;

-- # Comments and rights are given
-- demo
-- ## before
SELECT c.email, count(*) FROM customers AS c JOIN orders AS o ON o.customer_id = c.id GROUP BY c.email
-- ## change
COMMENT ON TABLE orders IS 'one row per order';
COMMENT ON COLUMN orders.number IS 'as on the invoice';
GRANT SELECT ON orders TO PUBLIC;

-- # A text type is limited in length
-- demo
-- ## given
ALTER TABLE products ALTER COLUMN sku TYPE varchar(20);
ANALYZE products;
-- ## before
SELECT id, name FROM products WHERE sku = 'SKU-000777'
-- ## change
ALTER TABLE products ALTER COLUMN sku TYPE varchar(40);

-- # A partition for the next month is added
-- demo
-- ## before
SELECT count(*), avg(ms) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## change
CREATE TABLE visits_2026_01 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');

-- # The oldest partition is dropped
-- demo
-- ## before
SELECT path, at FROM visits WHERE at >= '2025-03-03' AND at < '2025-03-04' AND customer_id = 17
-- ## change
DROP TABLE visits_2024_01;

-- # Statistics on a combination are added
-- demo
-- ## before
SELECT kind, count(*) FROM events WHERE created_at >= '2025-11-01' GROUP BY kind
-- ## change
CREATE STATISTICS events_kind (dependencies) ON kind, customer_id FROM events;
ANALYZE events;

-- # Statistics that the query does not need are dropped
-- demo
-- ## before
SELECT street FROM addresses WHERE customer_id = 777
-- ## change
DROP STATISTICS addresses_place;

-- # A view gets one column more
-- demo
-- ## before
SELECT number, email FROM order_overview WHERE customer_id = 4321
-- ## change
CREATE OR REPLACE VIEW order_overview AS
SELECT o.id, o.number, o.customer_id, o.placed_at, o.total, c.email, c.country, o.status
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id;

-- # A setting that no plan depends on is changed
-- tpch
-- ## before
Q3
-- ## change
ALTER DATABASE corpus SET log_min_duration_statement = '1s';
ALTER DATABASE corpus SET idle_in_transaction_session_timeout = '5min';

-- # A trigger is added
-- demo
-- ## before
SELECT id, number FROM orders WHERE number = 'R00791900'
-- ## change
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER orders_noted BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION noted();
