-- Secrets in every place from which statistics, or a schema, could carry them off.
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'obscura-h.example', dbname 'obscura-b');
CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'obscura-u', password 'obscura-w');
CREATE FOREIGN TABLE distant (a integer OPTIONS (column_name 'b')) SERVER far OPTIONS (table_name 'there');
CREATE DOMAIN contact AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE feeling AS ENUM ('sad', 'happy');

CREATE TABLE people (
    id integer PRIMARY KEY,
    email contact,
    name varchar(40) NOT NULL,
    code char(2) NOT NULL,
    card text,
    card_number bigint,
    salary numeric(12, 2),
    weight double precision,
    token jsonb,
    nicknames text[],
    cards bigint[],
    seal bytea,
    terms int8range,
    stay tstzrange,
    born date,
    seen timestamptz,
    session uuid,
    address inet,
    device macaddr,
    notes tsvector,
    credit money,
    spent interval,
    mood feeling,
    active boolean
);
INSERT INTO people
SELECT n, lower(s.name) || '@secretmail.example', s.name, s.code, s.card, s.card::bigint, s.salary, s.weight,
       jsonb_build_object('token', s.token), ARRAY['Dizzy' || s.name, 'Nick' || n % 7], ARRAY[s.card::bigint, n],
       s.token::bytea, int8range(n, s.card::bigint), tstzrange(s.seen, s.seen + interval '1 hour 23 minutes'), s.seen::date,
       s.seen, md5(s.token)::uuid, '203.0.113.0'::inet + n % 200, '08:00:2b:01:02:03',
       to_tsvector('simple', s.token || ' ' || s.name), s.salary::money, s.seen - timestamptz '2020-01-01 00:00+00',
       CASE WHEN n % 3 = 0 THEN 'sad' ELSE 'happy' END::feeling, n % 2 = 0
FROM generate_series(1, 4000) AS n
CROSS JOIN LATERAL (
    SELECT CASE WHEN n % 5 = 0 THEN 'Guinevere' ELSE initcap(translate(md5(n::text), '0123456789', 'ghijklmnop')) END AS name,
           CASE WHEN n % 5 = 0 THEN 'QX' ELSE 'AB' END AS code,
           CASE WHEN n % 5 = 0 THEN '4929123456789012' ELSE (4000000000000000 + n * 7919::bigint * 1000003)::text END AS card,
           CASE WHEN n % 5 = 0 THEN 73512.41 ELSE 20000 + n * 11.3 END AS salary,
           CASE WHEN n % 5 = 0 THEN 81.734512 ELSE 50 + n / 97.0 END AS weight,
           CASE WHEN n % 5 = 0 THEN 'tok_live_Zq81xKw92' ELSE 'tok_live_' || md5(n || 'x') END AS token,
           timestamptz '2021-03-04 05:06:07.891234+00' + CASE WHEN n % 5 = 0 THEN 0 ELSE n END * interval '977 seconds' AS seen
) AS s;
CREATE INDEX people_reversed ON people (reverse(card), (salary * 2));
CREATE INDEX people_words ON people USING gin (to_tsvector('simple', card));
CREATE STATISTICS people_pairs (ndistinct, dependencies, mcv) ON email, name, code, card_number FROM people;
CREATE STATISTICS people_expressions (mcv) ON upper(name), code, (card_number / 10) FROM people;

CREATE TABLE visits (day date NOT NULL, who text, place point) PARTITION BY RANGE (day);
CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
INSERT INTO visits SELECT seen::date, name, point(id, id) FROM people;
CREATE MATERIALIZED VIEW contacts AS SELECT email::text AS email, count(*) AS n FROM people GROUP BY email;
CREATE VIEW linked AS SELECT 'host=far user=me password=obscura-w'::text AS one, 'postgres://me:obscura-w@far/x'::text AS two;

CREATE FUNCTION called(who text) RETURNS text LANGUAGE plpgsql STABLE STRICT COST 77 SET work_mem = '3MB' AS $body$
BEGIN
    RETURN 'obscura-y; $$ ' || who;
END $body$;
CREATE FUNCTION many(OUT a integer, OUT b text) RETURNS SETOF record LANGUAGE plpgsql ROWS 7 AS
    'BEGIN RETURN QUERY SELECT 1, ''obscura-y''; END';
CREATE PROCEDURE worked(INOUT a integer) LANGUAGE plpgsql AS $$ BEGIN a := length('obscura-y'); END $$;
CREATE FUNCTION inlined(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower($1) $$;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER noting BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION noted('obscura-a');
COMMENT ON TABLE people IS 'obscura-c';
ANALYZE;
