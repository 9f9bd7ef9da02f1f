-- The demo's shop some years on: indexes, a log in partitions, reports, and statistics on what belongs together.
CREATE UNIQUE INDEX customers_email ON customers (email);
CREATE INDEX customers_lower_name ON customers (lower(name));
CREATE INDEX customers_created_at ON customers (created_at);
CREATE UNIQUE INDEX products_sku ON products (sku);
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_customer ON orders (customer_id, placed_at DESC);
CREATE INDEX orders_placed_at ON orders (placed_at);
CREATE INDEX orders_waiting ON orders (placed_at) WHERE status IN ('open', 'returned');
CREATE INDEX items_product ON items (product_id) INCLUDE (quantity);
CREATE INDEX events_customer ON events (customer_id, created_at DESC);
CREATE INDEX events_session ON events (session_id);
CREATE INDEX events_created_at ON events USING brin (created_at) WITH (pages_per_range = 16);
CREATE INDEX events_payload ON events USING gin (payload jsonb_path_ops);

-- Page views, a partition per month.
CREATE TABLE visits (
    customer_id bigint,
    path text NOT NULL,
    country text NOT NULL,
    ms integer NOT NULL,
    at timestamptz NOT NULL
) PARTITION BY RANGE (at);
DO $$
DECLARE
    month timestamptz;
BEGIN
    FOR month IN SELECT generate_series(timestamp '2024-01-01', timestamp '2025-12-01', interval '1 month') LOOP
        EXECUTE format('CREATE TABLE visits_%s PARTITION OF visits FOR VALUES FROM (%L) TO (%L)',
                       to_char(month, 'YYYY_MM'), month, month + interval '1 month');
    END LOOP;
END $$;
INSERT INTO visits
SELECT customer_id, payload ->> 'path', (ARRAY['DE', 'FR', 'IT', 'AT'])[1 + id % 4], (payload ->> 'ms')::integer, created_at
FROM events;
CREATE INDEX visits_customer ON visits (customer_id);

-- Prices of a product by country, spread over hash partitions.
CREATE TABLE offers (product_id bigint NOT NULL, country text NOT NULL, price numeric(10, 2) NOT NULL)
PARTITION BY HASH (product_id);
CREATE TABLE offers_0 PARTITION OF offers FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE offers_1 PARTITION OF offers FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE offers_2 PARTITION OF offers FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE offers_3 PARTITION OF offers FOR VALUES WITH (MODULUS 4, REMAINDER 3);
INSERT INTO offers
SELECT id, country, price FROM products, unnest(ARRAY['DE', 'FR', 'IT', 'AT', 'LU', 'BE', 'NL', 'PL']) AS country;

-- Where parcels go: a zip code has one city, a city one country.
CREATE TABLE addresses (
    customer_id bigint NOT NULL REFERENCES customers,
    zip integer NOT NULL,
    city integer NOT NULL,
    country text NOT NULL,
    street text NOT NULL
);
INSERT INTO addresses
SELECT id, id % 100, id % 100 / 10, (ARRAY['DE', 'FR', 'IT', 'AT', 'LU'])[1 + id % 100 / 20], 'Street ' || id
FROM customers, generate_series(1, 3);
CREATE INDEX addresses_customer ON addresses (customer_id);
CREATE STATISTICS addresses_place (ndistinct, dependencies, mcv) ON zip, city, country FROM addresses;
CREATE STATISTICS orders_month ON (date_trunc('month', placed_at AT TIME ZONE 'UTC')) FROM orders;

CREATE TABLE profiles (customer_id bigint NOT NULL, newsletter boolean NOT NULL, birthday date);
INSERT INTO profiles SELECT id, id % 3 = 0, date '1970-01-01' + (id % 10000)::integer FROM customers;
ALTER TABLE profiles ADD CONSTRAINT profiles_customer UNIQUE (customer_id);

CREATE VIEW order_overview AS
SELECT o.id, o.number, o.customer_id, o.placed_at, o.total, c.email, c.country
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id;

CREATE MATERIALIZED VIEW customer_totals AS
SELECT customer_id, count(*) AS orders, sum(total) AS total, max(placed_at) AS last_order
FROM orders
GROUP BY customer_id;
CREATE UNIQUE INDEX customer_totals_customer ON customer_totals (customer_id);

CREATE FUNCTION season_start() RETURNS timestamptz LANGUAGE sql STABLE
AS $$ SELECT timestamptz '2025-11-25 00:00+00' $$;
CREATE FUNCTION gross(net numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT round(net * 1.19, 2) $$;

VACUUM (ANALYZE);
