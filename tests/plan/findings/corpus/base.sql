-- The database that every case begins with: a store with keys, statistics and a visibility map, and no other index.
CREATE TABLE customers (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    active boolean NOT NULL,
    referrer_id bigint,
    created_at timestamptz NOT NULL
);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    number text NOT NULL,
    status text NOT NULL,
    city text NOT NULL,
    zip text NOT NULL,
    total numeric(10, 2) NOT NULL,
    placed_at timestamptz NOT NULL,
    day date NOT NULL,
    details jsonb NOT NULL
);
CREATE TABLE items (
    order_id bigint NOT NULL,
    line integer NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    price numeric(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line)
);
CREATE TABLE "Odd; name" (id integer PRIMARY KEY, "The ""Status""" text NOT NULL, "select" text NOT NULL, filler text);

-- every twentieth customer is inactive, every tenth was referred by somebody
INSERT INTO customers
SELECT n, 'User' || n || '@example.com', 'Customer ' || md5(n::text),
       (ARRAY['DE', 'DE', 'DE', 'DE', 'FR', 'FR', 'IT', 'AT', 'LU'])[1 + n % 9], n % 20 <> 0,
       CASE WHEN n % 10 = 0 THEN 1 + n / 2 END, timestamptz '2024-01-01 00:00+00' + n * interval '7 minutes'
FROM generate_series(1, 20000) AS n;

-- 365 days of 2024; a zip code has one city; 1 % are open; orders of a day lie side by side
INSERT INTO orders
SELECT n, 1 + (n::bigint * 7919) % 20000, 'R' || lpad((n::bigint * 104729 % 100000000)::text, 8, '0'),
       CASE WHEN n % 100 < 90 THEN 'done' WHEN n % 100 < 99 THEN 'shipped' ELSE 'open' END,
       'City ' || (n * 31 % 1000) / 20, 'Z' || n * 31 % 1000, (n * 37 % 100000) / 10.0,
       timestamptz '2024-01-01 00:00+00' + n * interval '315 seconds', date '2024-01-01' + n / 274,
       jsonb_build_object('coupon', 'C' || n % 500, 'gift', n % 7 = 0)
FROM generate_series(1, 100000) AS n;

INSERT INTO items
SELECT o, line, 'SKU-' || (o * 31 + line * 17) % 5000, 1 + o % 3, (o % 100) + 0.99
FROM generate_series(1, 100000) AS o, generate_series(1, 2) AS line;

INSERT INTO "Odd; name" SELECT n, 'S' || n % 1000, 'T' || n % 3, repeat('x', 100) FROM generate_series(1, 50000) AS n;
