"""Reading pg_dump's text: what is left out, and whom a failure concerns."""

from __future__ import annotations

from dbopt.shadow import dump
from dbopt.shadow.snapshot import ExtendedStatistics, Relation, Snapshot
from dbopt.shadow.unrestored import find

DUMP = """\\restrict abc
SET row_security = off;

--
-- Name: orders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.orders (
    status text
);
ALTER TABLE ONLY public.orders ALTER COLUMN id SET (pg_attver=26599176);
ALTER TABLE ONLY public.orders ALTER COLUMN status SET (pg_attver=26599176, n_distinct=7);

--
-- Name: odd; Type: TABLE; Schema: x; Name: twice; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.odd AS SELECT 1;

--
-- Name: USER MAPPING nobody SERVER far; Type: USER MAPPING; Schema: -; Owner: -
--

CREATE USER MAPPING FOR nobody SERVER far OPTIONS (password 'hunter2');

--
-- Statistics for Name: orders; Type: STATISTICS DATA; Schema: public; Owner: -
--

SELECT 1;
--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
\\unrestrict abc
"""


def test_it_is_without_what_is_random_or_secret() -> None:
    text = dump.cleaned(DUMP)
    assert "abc" not in text
    assert "pg_attver" not in text
    assert "hunter2" not in text
    assert "SET (n_distinct=7);" in text
    assert "orders_pkey" in text


def test_a_dump_without_objects_is_kept() -> None:
    assert dump.cleaned("SET row_security = off;\n") == "SET row_security = off;\n"
    assert dump.entries("") == []


def test_entries_know_their_lines() -> None:
    lines = DUMP.splitlines()
    for entry in dump.entries(DUMP):
        assert lines[entry.line - 1] == "--"
        assert f"Name: {entry.name}; Type: {entry.type}" in lines[entry.line]


def test_a_message_belongs_to_the_entry_above_its_line() -> None:
    line = DUMP.splitlines().index("CREATE VIEW public.odd AS SELECT 1;") + 1
    messages = f"psql:<stdin>:{line + 1}: ERROR:  no\nLINE 1: x\npsql:<stdin>:1: WARNING:  hm\n"
    failed, early = dump.failures(DUMP, messages, first_line=2)
    assert failed.entry is not None
    assert (failed.entry.type, failed.message, failed.is_error) == ("VIEW", "no", True)
    assert (early.entry, early.is_error) == (None, False)


def test_named_collations_are_found() -> None:
    text = 'a text COLLATE pg_catalog."de-x-icu", b text COLLATE pg_catalog."odd""one", c text COLLATE public.own'
    assert dump.named_collations(text) == {"de-x-icu", 'odd"one'}


def test_icu_collations_become_ones_of_the_c_library() -> None:
    text = "CREATE COLLATION public.c (provider = icu, deterministic = false, locale = 'und');\n"
    assert dump.restorable(text, "C.utf8") == "CREATE COLLATION public.c (provider = libc, locale = 'C.utf8');\n"


# -- whom it concerns -------------------------------------------------------------------------------------------------

RELATIONS = (
    Relation("public", "orders", "r", 5),
    Relation("public", "orders_pkey", "i", 2, table="orders"),
    Relation("public", "orders archive", "r", 5),
    Relation("public", "part", "r", 1, parents=(("public", "whole"),)),
    Relation("public", "whole", "p", 0, parents=(("public", "everything"),)),
    Relation("public", "everything", "p", 0),
    Relation("public", "shape", "r", 1, extension="postgis"),
)
STATISTICS = ExtendedStatistics("public", "st", "public", "orders", False, {})
SNAPSHOT = Snapshot("15.1", "d", "UTF8", "c", "C", "C", (), (), RELATIONS, (STATISTICS,), (), "")
ALL = [relation.key for relation in RELATIONS]


def failure(name: str, kind: str, *, is_error: bool = True) -> dump.Failure:
    return dump.Failure(dump.Entry(name, kind, "public", 1), "because", is_error)


def test_nothing_failed_nothing_is_missing() -> None:
    assert find(SNAPSHOT, ALL, []) == {}


def test_harmless_failures_are_overlooked() -> None:
    failures = [failure("orders audit", "TRIGGER"), failure("f(integer)", "FUNCTION"), failure("orders id", "DEFAULT")]
    assert find(SNAPSHOT, ALL, failures) == {}


def test_a_failure_concerns_the_table_of_the_object() -> None:
    for name, kind in (
        ("orders", "STATISTICS DATA"),
        ("orders_pkey", "STATISTICS DATA"),
        ("orders orders_pkey", "CONSTRAINT"),
        ("orders some_fkey", "FK CONSTRAINT"),
        ("st", "STATISTICS"),
    ):
        assert find(SNAPSHOT, ALL, [failure(name, kind)]) == {("public", "orders"): "because"}
    failed = [failure("orders archive orders_pkey", "CONSTRAINT")]
    assert find(SNAPSHOT, ALL, failed) == {("public", "orders archive"): "because"}


def test_a_warning_counts_for_statistics_only() -> None:
    assert find(SNAPSHOT, ALL, [failure("orders", "TABLE", is_error=False)]) == {}
    assert find(SNAPSHOT, ALL, [failure("orders", "STATISTICS DATA", is_error=False)]) != {}


def test_a_missing_index_makes_its_table_incomplete() -> None:
    present = [key for key in ALL if key != ("public", "orders_pkey")]
    reasons = find(SNAPSHOT, present, [])
    assert list(reasons) == [("public", "orders")]
    assert "orders_pkey" in reasons["public", "orders"]


def test_a_missing_partition_makes_all_above_it_incomplete() -> None:
    present = [key for key in ALL if key != ("public", "part")]
    assert set(find(SNAPSHOT, present, [failure("part", "TABLE")])) == {
        ("public", "part"),
        ("public", "whole"),
        ("public", "everything"),
    }


def test_a_relation_of_a_missing_extension_says_so() -> None:
    present = [key for key in ALL if key != ("public", "shape")]
    assert "postgis" in find(SNAPSHOT, present, [])["public", "shape"]
