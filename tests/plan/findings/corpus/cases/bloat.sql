-- # A table that was emptied and stays large
-- expects: bloat
-- ## given
CREATE TABLE sessions (id bigint PRIMARY KEY, visitor bigint, data text);
INSERT INTO sessions SELECT n, n % 1000, repeat('x', 200) FROM generate_series(1, 100000) AS n;
DELETE FROM sessions WHERE id % 20 <> 0;
VACUUM (ANALYZE) sessions;
-- ## statement
SELECT count(*) FROM sessions WHERE visitor < 900

-- # Near miss: full pages
-- expects: nothing
-- ## given
CREATE TABLE sessions (id bigint PRIMARY KEY, visitor bigint, data text);
INSERT INTO sessions SELECT n, n % 1000, repeat('x', 200) FROM generate_series(1, 100000) AS n;
VACUUM (ANALYZE) sessions;
-- ## statement
SELECT count(*) FROM sessions WHERE visitor < 900

-- # Near miss: room that was left on purpose
-- expects: nothing
-- ## given
CREATE TABLE sessions (id bigint PRIMARY KEY, visitor bigint, data text) WITH (fillfactor = 20);
INSERT INTO sessions SELECT n, n % 1000, repeat('x', 200) FROM generate_series(1, 50000) AS n;
VACUUM (ANALYZE) sessions;
-- ## statement
SELECT count(*) FROM sessions WHERE visitor < 900

-- # Near miss: long values lie elsewhere
-- expects: nothing
-- ## given
CREATE TABLE pages (id bigint PRIMARY KEY, html text);
ALTER TABLE pages ALTER html SET STORAGE EXTERNAL;
INSERT INTO pages SELECT n, repeat(md5(n::text), 100) FROM generate_series(1, 10000) AS n;
VACUUM (ANALYZE) pages;
-- ## statement
SELECT count(*) FROM pages WHERE id % 2 = 0
