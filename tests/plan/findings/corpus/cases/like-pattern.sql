-- # The beginning of a text, by a language's rules
-- expects: like-pattern
-- ## given
CREATE COLLATION wordy (provider = libc, locale = 'C.UTF-8');
CREATE TABLE names (id integer, name text COLLATE wordy);
INSERT INTO names SELECT n, md5(n::text) FROM generate_series(1, 100000) AS n;
CREATE INDEX ON names (name);
VACUUM (ANALYZE) names;
-- ## statement
SELECT * FROM names WHERE name LIKE 'abcd%'

-- # What stands within a text
-- expects: like-pattern
-- ## statement
SELECT * FROM orders WHERE number LIKE '%12345%'

-- # A regular expression
-- expects: like-pattern
-- ## statement
SELECT id FROM customers WHERE name ~* 'abc12[0-9]'

-- # Near miss: a plain index serves it
-- expects: nothing
-- ## given
CREATE INDEX ON orders (number COLLATE "C" text_pattern_ops);
-- ## statement
SELECT * FROM orders WHERE number LIKE 'R1234%'

-- # Near miss: two letters are no trigram
-- expects: nothing
-- ## statement
SELECT id FROM customers WHERE name LIKE '%qx%'

-- # Near miss: of two patterns nobody knows which one throws the rows away
-- expects: nothing
-- ## statement
SELECT id FROM customers WHERE email LIKE '%r19999@%' AND name LIKE '%c1a%'

-- # Near miss: most rows match
-- expects: nothing
-- ## statement
SELECT count(*) FROM orders WHERE city LIKE '%ity%'

-- # Within a column of varchar
-- expects: like-pattern
-- ## given
CREATE TABLE codes AS
SELECT n AS id, ('code ' || md5(n::text))::varchar(60) AS code, repeat('x', 80) AS note FROM generate_series(1, 50000) AS n;
VACUUM (ANALYZE) codes;
-- ## statement
SELECT * FROM codes WHERE code ILIKE '%abcde%'
