"""Which indexes a statement could read, whatever the database has already."""

from __future__ import annotations

from dbopt.index.candidates import Allowed
from dbopt.index.model import Index, Key
from dbopt.index.questions import Question, prepare
from dbopt.postgres.catalog import read_catalog
from dbopt.shadow.what_if import what_if
from dbopt.workload.model import Statement
from tests.index.advising import statement
from tests.servers import Database


def asked(database: Database, *statements: str | Statement) -> list[Question]:
    with what_if(database.session) as shadow:
        every = tuple(one if isinstance(one, Statement) else statement(one) for one in statements)
        return prepare(every, read_catalog(database.session), shadow, Allowed(), lambda *_: None).asked


def test_what_an_existing_index_serves_a_new_one_could(shop: Database) -> None:
    shop.session.script("CREATE INDEX ON orders (customer_id)")
    served, by_key = asked(
        shop, "SELECT * FROM orders WHERE customer_id = 17", "SELECT * FROM orders WHERE id = 17 AND status = 'open'"
    )
    wider = Index("public", "orders", (Key("customer_id"), Key("placed_at")))
    assert served.may_use(wider)
    assert not by_key.may_use(wider)
    assert not by_key.may_use(Index("public", "orders", (Key("status"),)))
