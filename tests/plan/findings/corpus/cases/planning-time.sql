-- # Very many partitions, which only executing leaves out
-- expects: planning-time
-- ## given
CREATE TABLE readings (at timestamptz NOT NULL, sensor integer NOT NULL, value integer) PARTITION BY RANGE (at);
DO $$ BEGIN
    FOR n IN 1..250 LOOP
        EXECUTE format('CREATE TABLE readings_%s PARTITION OF readings FOR VALUES FROM (%L) TO (%L)', n,
            timestamptz '2024-01-01' + (n - 1) * interval '1 day', timestamptz '2024-01-01' + n * interval '1 day');
    END LOOP;
END $$;
CREATE INDEX ON readings (sensor, at);
INSERT INTO readings SELECT timestamptz '2024-01-01' + n * interval '1 hour', n % 50, n FROM generate_series(1, 5900) AS n;
ANALYZE readings;
-- ## statement
SELECT count(*) FROM readings r JOIN readings s USING (sensor) WHERE r.sensor = 7
AND r.at >= '2024-05-01'::text::timestamptz AND r.at < '2024-05-02'::text::timestamptz
AND s.at >= '2024-05-03'::text::timestamptz AND s.at < '2024-05-04'::text::timestamptz
-- ## mended
SELECT count(*) FROM readings r JOIN readings s USING (sensor) WHERE r.sensor = 7
AND r.at >= '2024-05-01' AND r.at < '2024-05-02' AND s.at >= '2024-05-03' AND s.at < '2024-05-04'

-- # Very many tables
-- expects: planning-time
-- settings: join_collapse_limit = 11; geqo = off
-- ## given
DO $$ BEGIN
    FOR n IN 1..9 LOOP
        EXECUTE format('CREATE TABLE kinds_%s AS SELECT n AS id, n AS parent FROM generate_series(1, 200) AS n', n);
        EXECUTE format('CREATE UNIQUE INDEX ON kinds_%s (id)', n);
    END LOOP;
END $$;
VACUUM (ANALYZE);
-- ## statement
SELECT count(*) FROM kinds_1 a JOIN kinds_2 b ON b.id = a.id JOIN kinds_3 c ON c.id = b.id JOIN kinds_4 d ON d.id = c.id JOIN kinds_5 e ON e.id = d.id JOIN kinds_6 f ON f.id = e.id JOIN kinds_7 g ON g.id = f.id JOIN kinds_8 h ON h.id = g.id JOIN kinds_9 i ON i.id = h.id WHERE a.parent < 100

-- # Near miss: a look-up of a row is planned longer than executed, and both in no time
-- expects: nothing
-- ## statement
SELECT * FROM orders WHERE id = 4242
