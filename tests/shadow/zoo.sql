-- Kinds of relations, indexes and names that a shadow has to cope with, on any server.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE SCHEMA "Dépôt; x";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN price AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';

CREATE TABLE "Dépôt; x"."we""ird; Täble" (
    "i;d" integer PRIMARY KEY,
    dropped integer,
    "Näme" text,
    feeling mood,
    cost price
);
ALTER TABLE "Dépôt; x"."we""ird; Täble" DROP COLUMN dropped;
INSERT INTO "Dépôt; x"."we""ird; Täble"
SELECT n, 'name ' || n % 900, (ARRAY['sad', 'ok', 'happy'])[1 + n % 4]::mood, n % 50
FROM generate_series(1, 9000) AS n;
CREATE INDEX "in""dex; 1" ON "Dépôt; x"."we""ird; Täble" ("Näme", feeling DESC NULLS LAST);
CREATE STATISTICS "Dépôt; x"."st; at" (ndistinct, dependencies, mcv) ON "Näme", feeling, cost
    FROM "Dépôt; x"."we""ird; Täble";
CREATE STATISTICS on_expression ON (cost * 2), ("i;d" % 10) FROM "Dépôt; x"."we""ird; Täble";

CREATE TABLE measured (
    id bigint,
    at timestamptz NOT NULL,
    device integer NOT NULL,
    value double precision
) PARTITION BY RANGE (at);
CREATE TABLE measured_2023 PARTITION OF measured FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE measured_2024 PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
    PARTITION BY LIST (device);
CREATE TABLE measured_2024_odd PARTITION OF measured_2024 FOR VALUES IN (1, 3, 5, 7, 9);
CREATE TABLE measured_2024_rest PARTITION OF measured_2024 DEFAULT;
CREATE TABLE measured_rest PARTITION OF measured DEFAULT;
CREATE INDEX measured_at ON measured (at);
INSERT INTO measured
SELECT n, timestamptz '2023-01-01 00:00+00' + n * interval '25 minutes', n % 10, n % 1000 FROM generate_series(1, 60000) AS n;

CREATE TABLE documents (
    id integer PRIMARY KEY,
    owner integer,
    tags integer[],
    body text,
    content jsonb,
    place point,
    during int4range,
    address inet,
    created date,
    size integer GENERATED ALWAYS AS (length(body)) STORED
);
INSERT INTO documents (id, owner, tags, body, content, place, during, address, created)
SELECT n, CASE WHEN n % 3 > 0 THEN n % 400 END, ARRAY[n % 50, n % 77], 'Body ' || md5(n::text) || ' of document ' || n,
       jsonb_build_object('kind', n % 12, 'title', 'T' || n), point(n % 200, n % 331), int4range(n, n + n % 30),
       inet '10.0.0.0' + n % 65000, date '2020-01-01' + n * 7919 % 20011 % 1500
FROM generate_series(1, 20000) AS n;
CREATE INDEX documents_owner ON documents (owner) INCLUDE (created);
CREATE INDEX documents_partial ON documents (created) WHERE owner IS NULL;
CREATE INDEX documents_expression ON documents (folded(body));
CREATE INDEX documents_gin ON documents USING gin (tags);
CREATE INDEX documents_json ON documents USING gin (content jsonb_path_ops);
CREATE INDEX documents_trigrams ON documents USING gin (body gin_trgm_ops);
CREATE INDEX documents_gist ON documents USING gist (during);
CREATE INDEX documents_spgist ON documents USING spgist (place);
CREATE INDEX documents_brin ON documents USING brin (id) WITH (pages_per_range = 8);
CREATE INDEX documents_hash ON documents USING hash (address);
CREATE UNIQUE INDEX documents_unique ON documents (id, created);

CREATE VIEW owned AS SELECT * FROM documents WHERE owner IS NOT NULL;
CREATE MATERIALIZED VIEW by_owner AS SELECT owner, count(*) AS n FROM documents GROUP BY owner;
CREATE INDEX by_owner_n ON by_owner (n);
CREATE TABLE parent (a integer, b text);
CREATE TABLE child (c integer) INHERITS (parent);
INSERT INTO parent SELECT n, 'p' || n FROM generate_series(1, 2000) AS n;
INSERT INTO child SELECT n, 'c' || n, n FROM generate_series(1, 6000) AS n;
CREATE INDEX child_a ON child (a);
CREATE TABLE never_analysed (a integer, b text);
CREATE TABLE empty (a integer PRIMARY KEY);
CREATE UNLOGGED TABLE unlogged AS SELECT n AS a FROM generate_series(1, 3000) AS n;

ANALYZE;
INSERT INTO never_analysed SELECT n, 'x' FROM generate_series(1, 5000) AS n;
