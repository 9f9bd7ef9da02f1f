-- What an embedded server cannot have as its source does: extensions, ICU, functions in C, secrets, meddling triggers.
-- For Debian's PostgreSQL 15, which has all of it.
CREATE EXTENSION pgcrypto;
CREATE EXTENSION "uuid-ossp";
CREATE EXTENSION postgres_fdw;

CREATE TABLE tokens (
    id uuid DEFAULT uuid_generate_v4() PRIMARY KEY,
    token text DEFAULT encode(gen_random_bytes(8), 'hex'),
    plain text
);
INSERT INTO tokens (plain) SELECT 'plain' || n FROM generate_series(1, 5000) AS n;

CREATE COLLATION insensitive (provider = icu, deterministic = false, locale = 'und-u-ks-level2');
CREATE TABLE sorted (a text COLLATE "de-x-icu", b text COLLATE insensitive, c text COLLATE "C");
CREATE INDEX sorted_a ON sorted (a);
CREATE INDEX sorted_b ON sorted (b);
INSERT INTO sorted SELECT 'a' || n, 'b' || n, 'c' || n FROM generate_series(1, 5000) AS n;

CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere');
CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'somebody', password 'hunter2');
CREATE FOREIGN TABLE distant (a integer) SERVER far;

CREATE FUNCTION sealed(text, text) RETURNS bytea LANGUAGE c IMMUTABLE STRICT AS '$libdir/pgcrypto', 'pg_digest';
CREATE TABLE indexed_by_c (a text, b integer);
CREATE INDEX by_c ON indexed_by_c (sealed(a, 'sha1'));
CREATE TABLE lost (a integer PRIMARY KEY, b bytea DEFAULT sealed('x', 'sha1'));
CREATE VIEW on_lost AS SELECT a FROM lost;
CREATE VIEW on_indexed AS SELECT b FROM indexed_by_c;
CREATE TABLE parts (a integer, b integer) PARTITION BY RANGE (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
ALTER TABLE parts_2 ALTER b SET DEFAULT length(sealed('x', 'sha1'));

CREATE TABLE guarded (a integer, who text);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded USING (who = current_user);

CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'meddled'; END $$;
CREATE EVENT TRIGGER meddling ON ddl_command_end EXECUTE FUNCTION meddle();
ALTER EVENT TRIGGER meddling DISABLE;

ANALYZE;
