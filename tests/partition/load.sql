\set pick random(1, :rows)
\set other random(1, :rows)
\set dice random(1, 10)
\set minutes random(1, 500000)
\if :dice <= 4
WITH done AS (
    INSERT INTO ev (created_at, amount, note)
    VALUES (timestamptz '2024-01-01 00:00+00' + :minutes * interval '1 minute', :pick, 'new ' || :other)
    RETURNING id, created_at, amount, note
)
INSERT INTO audit (op, id, created_at, amount, note) SELECT 'I', done.* FROM done;
\elif :dice <= 7
WITH done AS (
    UPDATE ev SET amount = amount + 1, note = 'changed ' || :other WHERE id = :pick
    RETURNING id, created_at, amount, note
)
INSERT INTO audit (op, id, created_at, amount, note) SELECT 'U', done.* FROM done;
\elif :dice <= 8
WITH done AS (
    UPDATE ev SET created_at = created_at + interval '40 days' WHERE id = :other
    RETURNING id, created_at, amount, note
)
INSERT INTO audit (op, id, created_at, amount, note) SELECT 'U', done.* FROM done;
\else
WITH done AS (
    DELETE FROM ev WHERE id = :other
    RETURNING id, created_at, amount, note
)
INSERT INTO audit (op, id, created_at, amount, note) SELECT 'D', done.* FROM done;
\endif
