"""What a server offers and what a role may do there."""

from __future__ import annotations

from psycopg import sql

from dbopt.postgres.capabilities import capabilities
from dbopt.postgres.session import connect
from tests.servers import Database


def test_a_superuser_may_everything(shop: Database) -> None:
    known = capabilities(shop.session)
    assert known.is_superuser
    assert known.may_read_all_statistics
    assert known.may_read_all_data
    assert known.may_create
    assert not known.in_recovery
    assert known.provider is None
    assert (known.database, known.major) == (shop.name, shop.server.major)


def test_extensions_are_told_apart_from_those_that_could_be(shop: Database) -> None:
    shop.session.script('CREATE SCHEMA "Ext s"; CREATE EXTENSION file_fdw SCHEMA "Ext s"')
    known = capabilities(shop.session)
    created = known.created("file_fdw")
    assert created is not None
    assert created.schema == "Ext s"
    assert known.is_available("postgres_fdw")
    assert known.created("postgres_fdw") is None
    assert not known.is_available("no_such_extension")


def test_preloaded_libraries_are_known_to_who_may_see_them(shop: Database) -> None:
    assert capabilities(shop.session).preloaded == ("pg_stat_statements",)


def test_a_role_without_privileges_is_seen_as_that(shop: Database) -> None:
    role = f"nobody_{shop.name}"
    shop.session.script(f"CREATE ROLE {role} LOGIN")
    try:
        with connect(shop.dsn, user=role) as session:
            known = capabilities(session)
        shop.session.execute(sql.SQL("GRANT pg_monitor TO {}").format(sql.Identifier(role)))
        with connect(shop.dsn, user=role) as session:
            granted = capabilities(session)
    finally:
        shop.session.script(f"DROP ROLE {role}")
    assert known.role == role
    assert not known.is_superuser
    assert not known.may_read_all_statistics
    assert not known.may_read_all_data
    assert known.preloaded is None
    assert granted.may_read_all_statistics
    assert granted.preloaded == ("pg_stat_statements",)


def test_a_managed_service_is_guessed_by_its_roles(shop: Database) -> None:
    shop.session.script("CREATE ROLE rds_superuser")
    try:
        assert capabilities(shop.session).provider == "Amazon RDS"
    finally:
        shop.session.script("DROP ROLE rds_superuser")
