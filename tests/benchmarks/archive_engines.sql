-- Rows of many types over 2024: 200,000 or as many as the benchmark asks for. One in a thousand has values that have no
-- place in a Parquet column of their type.
CREATE TYPE mood AS ENUM ('sad', 'fine');
CREATE TABLE many (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    a_bool bool,
    a_smallint smallint,
    an_int int,
    a_real real,
    a_double double precision,
    amount numeric(14, 2),
    an_odd numeric(10, 2),
    a_numeric numeric,
    a_text text,
    a_varchar varchar(30),
    a_char char(4),
    a_bytea bytea,
    a_date date,
    a_timestamp timestamp,
    a_time time,
    an_interval interval,
    a_json jsonb,
    a_uuid uuid,
    an_inet inet,
    an_array int[],
    a_range int4range,
    a_mood mood
);
INSERT INTO many
SELECT n, timestamptz '2024-01-01Z' + n * interval '150 seconds' + interval '1 microsecond', n % 3 = 0, n % 30000, n,
       n / 7.0, n / 3.0, CASE WHEN n % 10 <> 9 THEN n / 7.0 - 9000 END,
       CASE WHEN n % 1000 = 1 THEN 'NaN' ELSE n / 4.0 END, n * 1e20,
       'text ' || n, 'é' || n, 'c', decode(lpad(to_hex(n), 8, '0'), 'hex'),
       CASE WHEN n % 1000 = 2 THEN 'infinity' ELSE date '2024-01-01' + n % 366 END,
       timestamp '2024-01-01' + n * interval '1 second', time '00:00' + n * interval '1 second', n * interval '1 minute',
       jsonb_build_object('n', n), md5(n::text)::uuid, '10.0.0.1', ARRAY[n, n + 1], int4range(n, n + 5), 'fine'
FROM generate_series(1, {rows}) AS n;
CREATE INDEX ON many (at);
ANALYZE many
