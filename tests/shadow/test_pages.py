"""Hand-made pages are accepted by PostgreSQL's own inspection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg import sql

from dbopt.postgres.session import Session
from dbopt.shadow import pages
from dbopt.shadow.pages import BLOCK_SIZE
from dbopt.shadow.what_if import ShadowWhatIf


@pytest.fixture
def inspecting(asked: ShadowWhatIf) -> Iterator[Session]:
    with asked.shadow.supervise() as session:
        session.script("SET search_path = public")
        session.script("CREATE EXTENSION IF NOT EXISTS pageinspect; CREATE EXTENSION IF NOT EXISTS amcheck")
        yield session


def test_every_btree_of_a_shadow_passes_amcheck(inspecting: Session) -> None:
    rows = inspecting.fetch(
        sql.SQL(
            "SELECT c.oid::regclass::text AS name, bt_index_check(c.oid) FROM pg_class AS c"
            " JOIN pg_am AS a ON a.oid = c.relam JOIN pg_index AS x ON x.indexrelid = c.oid"
            " WHERE a.amname = 'btree' AND c.relkind = 'i' AND x.indislive"
            " AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'Dépôt; x'))"
        )
    )
    assert len(rows) > 10


def test_a_btree_has_its_sources_height(inspecting: Session, zoo: Session) -> None:
    zoo.script("CREATE EXTENSION IF NOT EXISTS pageinspect SCHEMA pg_catalog")
    heights = sql.SQL(
        "SELECT c.relname, (bt_metap(c.oid::regclass::text)).level FROM pg_class AS c"
        " JOIN pg_am AS a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relkind = 'i'"
        " AND c.relname NOT LIKE 'dbopt_what_if%'"
        " AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'Dépôt; x')) ORDER BY 1"
    )
    assert inspecting.fetch(heights) == zoo.fetch(heights)


@pytest.mark.parametrize("height", [0, 1, 3])
def test_a_skeleton_is_a_chain_down_to_a_leaf(height: int) -> None:
    chain = pages.btree_skeleton(height)
    assert len(chain) == (height + 1) * BLOCK_SIZE


def test_other_pages_are_told_apart() -> None:
    assert not pages.is_btree_metapage(bytes(BLOCK_SIZE))
    assert not pages.is_brin_metapage(b"")
