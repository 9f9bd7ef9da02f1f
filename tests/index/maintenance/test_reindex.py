"""B-trees that are far larger than they need be, on real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dbopt.index.maintenance.facts import BtreeFacts, Counts, read_facts
from dbopt.index.maintenance.reindex import LEAST_BYTES, fresh_bytes, is_bloated
from dbopt.index.size import Attribute
from dbopt.postgres.catalog import read_catalog
from tests.index.advising import upkeep
from tests.servers import Database, Server

ROWS = 300_000
BUSY = Counts(deleted=1000)
MB = 1 << 20
FILL = """
INSERT INTO t SELECT n, 'label ' || md5(n::text), n % 7, CASE WHEN n % 4 = 0 THEN n END, md5(n::text)::uuid
FROM generate_series({0}, {1}) AS n ORDER BY hashint8(n)
"""
DEFINITIONS = (
    "(id)",
    "(label)",
    "(few)",
    "(maybe)",
    "(label) WITH (fillfactor = 60)",
    "(few, id)",
    "(code) INCLUDE (few)",
    "(id) WHERE few = 3",
)
ASKED = "SELECT * FROM t WHERE label = 'label 7'"


@pytest.fixture(scope="module")
def built(pg18: Server) -> Iterator[Database]:
    """A table of rows in no order, with an index for each definition."""
    name = pg18.create_database()
    with pg18.connect(name) as session:
        session.script("CREATE TABLE t (id bigint, label text, few int, maybe bigint, code uuid)")
        session.script(FILL.format(1, ROWS))
        for number, definition in enumerate(DEFINITIONS):
            session.script(f"CREATE INDEX i{number} ON t {definition}")
        yield Database(pg18, name, session)
    pg18.drop_database(name)


def ratios(database: Database) -> dict[str, float]:
    """How many times as large as by the estimate each index is."""
    database.session.script("ANALYZE t")
    facts = read_facts(database.session, read_catalog(database.session), smallest_btree=0)
    rows = {
        f"i{n}": ROWS / 7 if "WHERE" in text else facts.tables["public", "t"].rows for n, text in enumerate(DEFINITIONS)
    }
    return {DEFINITIONS[int(b.name[1:])]: b.bytes / (fresh_bytes(b, rows[b.name]) or 1) for b in facts.btrees}


def bloated(database: Database) -> list[str]:
    database.session.script("ANALYZE t")
    return [one.sql for one in upkeep(database, "reindex", ASKED)]


def test_what_was_just_built_is_estimated_well_and_after_inserts_it_is_no_bloat(built: Database) -> None:
    fresh = ratios(built)
    assert all(ratio < 1.15 for ratio in fresh.values()), fresh
    assert min(fresh["(id)"], fresh["(label)"], fresh["(few)"], fresh["(code) INCLUDE (few)"]) > 0.9
    assert bloated(built) == []
    built.session.script(FILL.format(ROWS + 1, ROWS * 6 // 5))  # by now every page of the labels' has split
    split = ratios(built)
    assert 1.5 < split["(label)"] < 1.8
    assert bloated(built) == []


def test_what_lost_half_its_rows_is_bloat_until_it_is_built_anew(
    pg18: Server, new_database: Callable[..., Database]
) -> None:
    database = new_database(pg18)
    database.session.script("CREATE TABLE t (id bigint, label text, few int, maybe bigint, code uuid)")
    database.session.script(FILL.format(1, ROWS))
    database.session.script("CREATE INDEX labels ON t (label); CREATE INDEX ids ON t (id); ANALYZE t")
    assert bloated(database) == []
    database.session.script("DELETE FROM t WHERE id % 2 = 0")
    database.session.script("VACUUM t")
    (advice,) = upkeep(database, "reindex", ASKED)  # the ids' is half as large, and no 8 MB are won
    assert advice.sql == "REINDEX INDEX CONCURRENTLY public.labels"
    assert (advice.undo_sql, advice.table) == ("", "public.t")
    assert advice.cost_before is not None
    assert advice.cost_after is not None
    assert 0 < advice.cost_after <= advice.cost_before
    assert "takes 16 MB; built now for its 150,000 rows it would take about 8 MB" in advice.reason
    assert "15 % off" in advice.reason
    assert len(advice.statements) == 1
    database.session.script(advice.sql)
    assert bloated(database) == []


def test_little_room_or_little_excess_is_no_bloat() -> None:
    half = 2 * LEAST_BYTES
    assert is_bloated(half + 2 * MB, LEAST_BYTES, BUSY, 1000)
    assert not is_bloated(half, LEAST_BYTES, BUSY, 1000)
    assert not is_bloated(180 * MB, 100 * MB, BUSY, 1000)
    assert is_bloated(200 * MB, 100 * MB, BUSY, 1000)


def test_where_nothing_was_deleted_more_must_be_seen() -> None:
    for counts in (None, Counts(), Counts(deleted=100, updated=99), Counts(updated=1000, updated_hot=900)):
        assert not is_bloated(200 * MB, 100 * MB, counts, 1000)
        assert is_bloated(260 * MB, 100 * MB, counts, 1000)
    assert is_bloated(200 * MB, 100 * MB, Counts(deleted=100, updated=100), 1000)


@pytest.mark.parametrize(
    "attribute",
    [
        Attribute(-1, "i", 0),  # never analysed
        Attribute(-1, "i", 500, n_distinct=-1),  # compressed, who knows how much
    ],
)
def test_of_what_is_not_known_nothing_is_said(attribute: Attribute) -> None:
    btree = BtreeFacts("public", "i", ("public", "t"), 1e6, 9999, 9999 * 8192, (attribute,))
    assert fresh_bytes(btree, 1e6) is None
    assert fresh_bytes(btree, 0) is None


def test_what_analyze_may_have_counted_wrong_is_not_deduplicated() -> None:
    def fresh(n_distinct: float) -> int:
        attribute = Attribute(8, "d", 8, n_distinct=n_distinct)
        return fresh_bytes(BtreeFacts("public", "i", ("public", "t"), 1e6, 1, 1, (attribute,)), 1e6) or 0

    assert fresh(1000) < 0.5 * fresh(-1)
    assert fresh(1001) == pytest.approx(fresh(-1), rel=0.01)
    assert fresh(-0.2) == pytest.approx(fresh(-1), rel=0.01)
