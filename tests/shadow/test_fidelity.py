"""What a database may set by hand, and what its types are: a source of version 18 and its shadow agree on the cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dbopt.postgres.session import Session
from dbopt.shadow.self_check import self_check
from dbopt.shadow.what_if import ShadowWhatIf, what_if
from tests.servers import Server
from tests.shadow.test_shadow import workload

BY_HAND = """
CREATE SCHEMA north; CREATE SCHEMA "South Sea";
CREATE TYPE state AS ENUM ('new', 'done', 'lost');
CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE north.t AS SELECT n AS id, n % 100 AS a, 'x' || n % 700 AS b FROM generate_series(1, 12000) AS n;
CREATE TABLE "South Sea"."T" AS SELECT n AS "Id", n % 9 AS "A" FROM generate_series(1, 7000) AS n;
CREATE INDEX "T Id" ON "South Sea"."T" ("Id");
CREATE TABLE counted AS SELECT n AS id, n % 3000 AS often, n % 5 AS seldom FROM generate_series(1, 9000) AS n;
ALTER TABLE counted ALTER often SET (n_distinct = 40), ALTER seldom SET (n_distinct = -0.5);
CREATE TABLE targeted AS SELECT n * n % 977 AS a, n * n % 977 AS b FROM generate_series(1, 9000) AS n;
ALTER TABLE targeted ALTER a SET STATISTICS 3, ALTER b SET STATISTICS 1000;
CREATE TABLE loose (id integer, filler text) WITH (fillfactor = 30, parallel_workers = 2);
INSERT INTO loose SELECT n, repeat('y', n % 60) FROM generate_series(1, 9000) AS n;
CREATE INDEX loose_id ON loose (id) WITH (fillfactor = 40);
CREATE UNLOGGED TABLE fleeting AS SELECT n AS id FROM generate_series(1, 9000) AS n;
CREATE INDEX fleeting_id ON fleeting (id);
CREATE TABLE typed AS
SELECT n AS id, (ARRAY['new', 'done', 'done', 'lost'])[1 + n % 4]::state AS state, (n % 101)::percent AS share,
       ARRAY[n % 20, n % 30] AS tags, int4range(n, n + n % 50) AS span, point(n % 90, n) AS place, md5(n::text) AS word
FROM generate_series(1, 9000) AS n;
CREATE INDEX typed_tags ON typed USING gin (tags);
CREATE INDEX typed_span ON typed USING gist (span);
CREATE INDEX typed_id ON typed USING brin (id);
CREATE INDEX typed_word ON typed USING hash (word);
CREATE INDEX typed_place ON typed USING spgist (place);
CREATE INDEX typed_length ON typed ((length(word) + id % 7));
CREATE INDEX typed_lost ON typed (id) WHERE state = 'lost';
CREATE TABLE seen (id integer PRIMARY KEY, a text);
INSERT INTO seen SELECT n, 'a' || n FROM generate_series(1, 9000) AS n;
CREATE TABLE parts (id integer, kind integer) PARTITION BY LIST (kind);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2, 3);
INSERT INTO parts SELECT n, 1 + n % 3 FROM generate_series(1, 9000) AS n;
CREATE MATERIALIZED VIEW summary AS SELECT kind, id % 50 AS slot, count(*) AS n FROM parts GROUP BY 1, 2;
CREATE STATISTICS parts_together (ndistinct, mcv) ON id, kind FROM parts;
CREATE STATISTICS typed_expressions ON (id % 11), lower(word) FROM typed;
"""


@pytest.fixture(scope="module")
def source(pg18: Server) -> Iterator[Session]:
    name = pg18.create_database()
    with pg18.connect(name) as session:
        session.script(BY_HAND)
        session.script("VACUUM ANALYZE")
        session.script("UPDATE seen SET a = 'b' WHERE id < 3000")  # a part of it is no longer all visible
        session.script("ANALYZE seen")
        yield session
    pg18.drop_database(name)


@pytest.fixture(scope="module")
def shadowed(source: Session) -> Iterator[ShadowWhatIf]:
    with what_if(source) as asked:
        yield asked


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM north.t WHERE a = 5 AND b = 'x55'",
        'SELECT * FROM "South Sea"."T" WHERE "Id" < 90 AND "A" = 4',
        'SELECT * FROM "South Sea"."T" JOIN north.t ON "Id" = id WHERE a = 7',
        "SELECT often, count(*) FROM counted GROUP BY often",
        "SELECT seldom, count(*) FROM counted GROUP BY seldom",
        "SELECT * FROM targeted WHERE a = 55",
        "SELECT * FROM targeted WHERE b = 55",
        "SELECT * FROM loose WHERE id BETWEEN 50 AND 900",
        "SELECT count(*) FROM loose WHERE length(filler) > 3",
        "SELECT * FROM fleeting WHERE id < 70",
        "SELECT * FROM typed WHERE state = 'lost' AND id < 500",
        "SELECT state, count(*) FROM typed WHERE share > 90 GROUP BY state",
        "SELECT * FROM typed WHERE span && int4range(50, 80)",
        "SELECT * FROM typed WHERE span @> 4000",
        "SELECT * FROM typed WHERE tags @> ARRAY[7, 17]",
        "SELECT * FROM typed WHERE id BETWEEN 100 AND 400",
        "SELECT * FROM typed WHERE word = md5('5')",
        "SELECT * FROM typed WHERE place <@ box '(0,0),(5,50)'",
        "SELECT * FROM typed WHERE length(word) + id % 7 = 34",
        "SELECT * FROM typed WHERE id % 11 = 3",
        "SELECT lower(word), count(*) FROM typed GROUP BY 1",
        "SELECT count(*) FROM seen WHERE id < 4000",
        "SELECT count(*) FROM seen",
        "SELECT * FROM parts WHERE kind = 2 AND id < 100",
        "SELECT id, kind, count(*) FROM parts GROUP BY 1, 2",
        "SELECT * FROM summary WHERE n > 40 AND slot = 3",
    ],
)
def test_the_shadow_plans_as_its_source(source: Session, shadowed: ShadowWhatIf, text: str) -> None:
    check = self_check(source, shadowed, workload(text))
    assert [match.error for match in check.matches] == [None]
    assert check.same_shapes == 1
    assert check.worst_cost_error < 0.001


def test_nothing_of_it_is_left_out(shadowed: ShadowWhatIf) -> None:
    assert shadowed.shadow.unrestored == {}
