-- # A number with decimals
-- expects: type-mismatch
-- ## statement
SELECT * FROM orders WHERE id = 4242.0
-- ## mended
SELECT * FROM orders WHERE id = CAST(4242.0 AS bigint)

-- # A parameter that the driver sends as another type
-- expects: type-mismatch
-- parameters: 4242
-- ## statement
SELECT * FROM orders WHERE id = $1::numeric
-- ## mended
SELECT * FROM orders WHERE id = $1::bigint

-- # Keys of two types
-- expects: type-mismatch
-- ## given
CREATE TABLE imported AS SELECT n::numeric AS order_id FROM generate_series(1, 40) AS n;
ANALYZE imported;
-- ## statement
SELECT o.* FROM imported i JOIN orders o ON o.id = i.order_id
-- ## mended
SELECT o.* FROM imported i JOIN orders o ON o.id = CAST(i.order_id AS bigint)

-- # Near miss: a smaller type of the same kind
-- expects: nothing
-- ## statement
SELECT * FROM orders WHERE id = 4242::smallint

-- # Near miss: varchar and text are one
-- expects: nothing
-- ## given
CREATE TABLE codes AS SELECT n AS id, md5(n::text)::varchar(40) AS code FROM generate_series(1, 50000) AS n;
CREATE INDEX ON codes (code);
VACUUM (ANALYZE) codes;
-- ## statement
SELECT * FROM codes WHERE code = 'x'::text

-- # Near miss: all rows are joined
-- expects: nothing
-- ## given
CREATE TABLE imported AS SELECT n::numeric AS order_id FROM generate_series(1, 80000) AS n;
ANALYZE imported;
-- ## statement
SELECT count(*) FROM imported i JOIN orders o ON o.id = i.order_id
