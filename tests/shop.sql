-- A shop for the tests: some thousand rows with skew, NULLs, and no index but the keys. Loads in under two seconds.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    status text NOT NULL,
    total numeric(10, 2) NOT NULL,
    placed_at timestamptz NOT NULL,
    shipped_at timestamptz
);
CREATE TABLE items (
    order_id bigint NOT NULL REFERENCES orders,
    line integer NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    price numeric(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line)
);
CREATE TABLE "we""ird; Täble" (
    "i;d" integer PRIMARY KEY,
    "Näme" text
);

INSERT INTO customers (email, name, country, created_at)
SELECT 'user' || n || '@example.com', 'Customer ' || n,
       (ARRAY['DE', 'DE', 'DE', 'DE', 'FR', 'FR', 'IT', 'AT', 'LU'])[1 + n % 9],
       timestamptz '2024-01-01 00:00+00' + n * interval '7 minutes'
FROM generate_series(1, 5000) AS n;

INSERT INTO orders (customer_id, status, total, placed_at, shipped_at)
SELECT 1 + (n * 7919) % 5000,
       CASE WHEN n % 100 < 90 THEN 'done' WHEN n % 100 < 97 THEN 'shipped' ELSE 'open' END,
       (n * 37 % 10000) / 10.0,
       timestamptz '2024-01-01 00:00+00' + n * interval '1 minute',
       CASE WHEN n % 100 < 97 THEN timestamptz '2024-01-03 00:00+00' + n * interval '1 minute' END
FROM generate_series(1, 50000) AS n;

INSERT INTO items (order_id, line, sku, quantity, price)
SELECT o, line, 'SKU-' || (o * 31 + line) % 2000, 1 + o % 3, (o % 100) + 0.99
FROM generate_series(1, 50000) AS o, generate_series(1, 2) AS line;

INSERT INTO "we""ird; Täble" SELECT n, 'name ' || n FROM generate_series(1, 3000) AS n;

ANALYZE;
