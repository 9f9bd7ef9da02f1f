-- # The month of the partition key
-- expects: lost-pruning
-- ## given
CREATE TABLE events (at timestamptz NOT NULL, customer_id bigint NOT NULL) PARTITION BY RANGE (at);
DO $$ BEGIN
    FOR n IN 1..12 LOOP
        EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', n,
            timestamptz '2024-01-01' + (n - 1) * interval '1 month', timestamptz '2024-01-01' + n * interval '1 month');
    END LOOP;
END $$;
INSERT INTO events SELECT placed_at, customer_id FROM orders WHERE placed_at < '2025-01-01';
VACUUM (ANALYZE) events;
-- ## statement
SELECT count(*) FROM events WHERE date_trunc('month', at) = '2024-03-01'
-- ## mended
SELECT count(*) FROM events WHERE at >= '2024-03-01' AND at < '2024-04-01'

-- # The day of the partition key, planned only
-- expects: lost-pruning
-- planned: yes
-- ## given
CREATE TABLE events (at timestamptz NOT NULL, customer_id bigint NOT NULL) PARTITION BY RANGE (at);
DO $$ BEGIN
    FOR n IN 1..12 LOOP
        EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', n,
            timestamptz '2024-01-01' + (n - 1) * interval '1 month', timestamptz '2024-01-01' + n * interval '1 month');
    END LOOP;
END $$;
INSERT INTO events SELECT placed_at, customer_id FROM orders WHERE placed_at < '2025-01-01';
VACUUM (ANALYZE) events;
-- ## statement
SELECT count(*) FROM events e WHERE e.at::date = '2024-03-05'

-- # Near miss: the hour, for which all partitions have rows
-- expects: nothing
-- ## given
CREATE TABLE events (at timestamptz NOT NULL, customer_id bigint NOT NULL) PARTITION BY RANGE (at);
DO $$ BEGIN
    FOR n IN 1..12 LOOP
        EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', n,
            timestamptz '2024-01-01' + (n - 1) * interval '1 month', timestamptz '2024-01-01' + n * interval '1 month');
    END LOOP;
END $$;
INSERT INTO events SELECT placed_at, customer_id FROM orders WHERE placed_at < '2025-01-01';
VACUUM (ANALYZE) events;
-- ## statement
SELECT count(*) FROM events WHERE extract(hour FROM at) = 5

-- # Near miss: all months, by intention
-- expects: nothing
-- ## given
CREATE TABLE events (at timestamptz NOT NULL, customer_id bigint NOT NULL) PARTITION BY RANGE (at);
DO $$ BEGIN
    FOR n IN 1..12 LOOP
        EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', n,
            timestamptz '2024-01-01' + (n - 1) * interval '1 month', timestamptz '2024-01-01' + n * interval '1 month');
    END LOOP;
END $$;
INSERT INTO events SELECT placed_at, customer_id FROM orders WHERE placed_at < '2025-01-01';
VACUUM (ANALYZE) events;
-- ## statement
SELECT date_trunc('month', at), count(*) FROM events GROUP BY 1 ORDER BY 1
