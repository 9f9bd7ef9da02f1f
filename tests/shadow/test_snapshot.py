"""Snapshots: the same bytes for the same database, no secrets, and clear errors."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import (
    CorruptDocument,
    EmbeddedServerError,
    FileMissing,
    LockNotAvailable,
    PrivilegeMissing,
    UnsupportedDocument,
)
from dbopt.postgres.session import Session, connect
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import Snapshot, from_bytes, load, save, to_bytes
from dbopt.shadow.take import take
from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]


@pytest.fixture
def role(shop: Database) -> Iterator[str]:
    """A role that may connect and no more."""
    name = f'a "role" of {shop.name}'
    shop.session.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'hunter2'").format(sql.Identifier(name)))
    yield name
    shop.session.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))


def as_role(database: Database, role: str) -> Session:
    return connect(database.dsn, user=role, password="hunter2")


def test_the_same_database_gives_the_same_bytes(zoo: Session) -> None:
    assert to_bytes(take(zoo)) == to_bytes(take(zoo))


def test_a_snapshot_survives_its_file(zoo: Session, tmp_path: Path) -> None:
    taken = take(zoo)
    size = save(taken, tmp_path / "zoo.dbsnap")
    assert load(tmp_path / "zoo.dbsnap") == taken
    assert size == (tmp_path / "zoo.dbsnap").stat().st_size < 100_000


def test_it_knows_the_size_of_every_table_and_index(shop: Database) -> None:
    sizes = {relation.name: relation.blocks for relation in take(shop.session).relations if relation.kind in "rmi"}
    rows = shop.session.fetch(
        sql.SQL(
            "SELECT relname, pg_relation_size(oid) / 8192 AS blocks FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm', 'i')"
        )
    )
    assert sizes == {row["relname"]: row["blocks"] for row in rows}


def test_an_empty_database_has_a_snapshot(database: Database) -> None:
    taken = take(database.session)
    assert taken.relations == ()
    with Shadow.open(taken) as shadow, shadow.connect() as session:
        assert session.fetch(sql.SQL("SELECT 1 AS one")) == [{"one": 1}]


def test_reading_all_data_is_privilege_enough(shop: Database, role: str) -> None:
    shop.session.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(role)))
    with as_role(shop, role) as session:
        taken = take(session)
    whole = take(shop.session)
    assert taken.dump == whole.dump
    assert taken.relations == whole.relations


def test_a_role_that_may_not_read_is_told_what_to_grant(shop: Database, role: str) -> None:
    with as_role(shop, role) as session, pytest.raises(PrivilegeMissing) as failure:
        take(session)
    quoted = '"' + role.replace('"', '""') + '"'
    assert failure.value.hint == f"GRANT pg_read_all_data TO {quoted};"


def test_no_password_is_in_it(shop: Database, role: str) -> None:
    shop.session.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(role)))
    with as_role(shop, role) as session:
        content = gzip.decompress(to_bytes(take(session))).decode()
    assert "hunter2" not in content


def test_a_table_that_is_locked_for_long_is_an_error(shop: Database) -> None:
    with shop.session.another() as other, other.transaction():
        other.script("LOCK TABLE orders")
        with pytest.raises(LockNotAvailable):
            take(shop.session)


def test_wrong_programs_are_an_error(shop: Database, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError) as failure:
        take(shop.session, bin_dir=tmp_path)
    assert "--pg-bin" in (failure.value.hint or "")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        load(tmp_path / "no.dbsnap")


@pytest.fixture
def content(shop: Database) -> bytes:
    return to_bytes(take(shop.session))


@pytest.mark.parametrize("damage", [b"", b"PGDMP not a snapshot", b"\x1f\x8bnot gzip"])
def test_a_file_that_is_no_snapshot_is_an_error(damage: bytes) -> None:
    with pytest.raises(CorruptDocument):
        from_bytes(damage)


def test_a_file_that_was_cut_short_is_an_error(content: bytes) -> None:
    with pytest.raises(CorruptDocument):
        from_bytes(content[:-100])


@pytest.mark.parametrize("part", [0.3, 0.5, 0.9, 0.99])
def test_a_flipped_bit_is_damage_and_no_size(content: bytes, part: float) -> None:
    damaged = bytearray(content)
    damaged[int(len(content) * part)] ^= 4
    with pytest.raises(CorruptDocument, match="is damaged or cut short"):
        from_bytes(bytes(damaged))
    damaged = bytearray(content)
    damaged[-6] ^= 1  # of the checksum
    with pytest.raises(CorruptDocument, match="is damaged or cut short"):
        from_bytes(bytes(damaged))


@pytest.mark.parametrize("more", [b"x", b"\0", gzip.compress(b"{}", mtime=0)], ids=["letter", "zero", "gzip"])
def test_what_stands_behind_a_snapshot_is_damage(content: bytes, more: bytes) -> None:
    with pytest.raises(CorruptDocument, match="is damaged or cut short"):
        from_bytes(content + more)


def test_a_snapshot_of_a_later_dbopt_is_an_error(content: bytes) -> None:
    document = json.loads(gzip.decompress(content)) | {"schema": "dbopt.snapshot/2"}
    with pytest.raises(UnsupportedDocument):
        from_bytes(gzip.compress(json.dumps(document).encode()))


def test_a_snapshot_that_lacks_a_part_is_an_error(content: bytes) -> None:
    document = json.loads(gzip.decompress(content))
    del document["relations"]
    with pytest.raises(CorruptDocument, match="relations"):
        from_bytes(gzip.compress(json.dumps(document).encode()))


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_a_file_and_says_what_is_in_it(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    code, out, err = dbopt("snapshot", "-d", shop.dsn, "-o", tmp_path / "shop.dbsnap")
    assert (code, out) == (0, "")
    assert "4 tables and 4 indexes" in err
    assert "values" in err
    assert isinstance(load(tmp_path / "shop.dbsnap"), Snapshot)


def test_the_command_wants_to_know_the_file(shop: Database, dbopt: Dbopt) -> None:
    code, out, err = dbopt("snapshot", "-d", shop.dsn)
    assert (code, out) == (2, "")
    assert "hint: dbopt snapshot -o" in err


def test_a_failed_command_leaves_no_file(dbopt: Dbopt, tmp_path: Path) -> None:
    code, _, err = dbopt("snapshot", "-d", "host=/nowhere", "-o", tmp_path / "shop.dbsnap")
    assert code == 3
    assert "hint:" in err
    assert list(tmp_path.iterdir()) == []
