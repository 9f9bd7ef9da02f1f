-- # A count for each row
-- expects: trigger
-- ## given
CREATE TABLE counts (status text PRIMARY KEY, number bigint NOT NULL);
INSERT INTO counts SELECT status, count(*) FROM orders GROUP BY status;
CREATE FUNCTION count_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE counts SET number = number + 1 WHERE status = NEW.status;
    RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION count_order();
VACUUM (ANALYZE) counts;
-- ## statement
INSERT INTO orders SELECT id + 1000000, customer_id, number, 'open', city, zip, total, placed_at, day, details FROM orders WHERE id <= 2000
-- ## cure
DROP TRIGGER counted ON orders;
CREATE FUNCTION count_orders() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE counts SET number = counts.number + n.added FROM (SELECT status, count(*) AS added FROM added GROUP BY status) AS n WHERE counts.status = n.status;
    RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER INSERT ON orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_orders();

-- # Near miss: once for the statement
-- expects: nothing
-- ## given
CREATE TABLE counts (status text PRIMARY KEY, number bigint NOT NULL);
INSERT INTO counts SELECT status, count(*) FROM orders GROUP BY status;
CREATE FUNCTION count_orders() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE counts SET number = counts.number + n.added FROM (SELECT status, count(*) AS added FROM added GROUP BY status) AS n WHERE counts.status = n.status;
    RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER INSERT ON orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_orders();
VACUUM (ANALYZE) counts;
-- ## statement
INSERT INTO orders SELECT id + 1000000, customer_id, number, 'open', city, zip, total, placed_at, day, details FROM orders WHERE id <= 2000
