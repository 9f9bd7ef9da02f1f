"""Data of many types, and indexes of every kind on it, each with statements that it is for."""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.index.model import Index, Key

ROWS = 30_000
"""As many as ANALYZE reads with the default statistics target: it then finds the same each time."""

_DATA = r"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE FUNCTION word(rank int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN rank < 1 THEN '' ELSE
        (ARRAY['ba','ter','li','mon','sa','que','dor','ni','fe','ran','tu','vel','co','pri','est','ga'])[1 + rank % 16]
        || CASE WHEN rank >= 16 THEN word(rank / 16) ELSE '' END END $$;
CREATE TABLE words AS SELECT n AS rank, word(n * 7 % 20011) AS word FROM generate_series(1, 20000) AS n;
ALTER TABLE words ADD PRIMARY KEY (rank);
SELECT setseed(0.42);
CREATE TABLE texts AS
SELECT n AS id, string_agg(w.word, ' ') AS body, array_agg(DISTINCT w.word) FILTER (WHERE place < 6) AS tags
FROM generate_series(1, {rows}) AS n
CROSS JOIN LATERAL (
    SELECT place, floor(exp(random() * ln(20000.0)))::int AS rank
    FROM generate_series(1, 8 + n % 25) AS place WHERE n > 0
) AS p
JOIN words AS w USING (rank)
GROUP BY n;
CREATE TABLE articles AS
SELECT t.id,
       t.body,
       t.tags,
       initcap(word((random() * 9e8)::int)) || ' ' || initcap(word((random() * 4000)::int)) AS name,
       CASE WHEN t.id % 5 > 0 THEN initcap(word((random() * 4e7)::int)) || t.id || '@Example.com' END AS email,
       (ARRAY['New', 'new', 'Open', 'closed', 'Closed', 'closed', 'archived'])
           [1 + floor(random() * random() * 7)::int] AS status,
       timestamptz '2022-01-01 00:00+00' + t.id * interval '40 minutes' AS created,
       timestamp '2023-01-01' + random() * interval '700 days' AS updated,
       CASE WHEN random() < 0.05 THEN timestamptz '2023-01-01' + random() * interval '365 days' END AS deleted_at,
       floor(exp(random() * ln(5000.0)))::int AS author,
       (random() * 1000)::numeric(10, 2) AS price,
       (random() * random() * 100000)::int AS amount,
       ARRAY(SELECT floor(random() * 400)::int FROM generate_series(1, 3 + t.id % 4)) AS numbers,
       jsonb_build_object('kind', word(floor(exp(random() * ln(40.0)))::int), 'customer', floor(random() * 3000)::int,
                          'paid', random() < 0.3, 'note', left(t.body, 30)) AS data,
       to_tsvector('simple', t.body) AS search,
       point(random() * 1000, random() * 1000) AS place,
       tstzrange(timestamptz '2023-01-01' + random() * interval '700 days', NULL) AS since,
       int4range((t.id * 7919 % 90000), (t.id * 7919 % 90000) + (random() * 90)::int) AS span,
       inet '10.0.0.0' + (random() * 60000)::int AS address,
       md5(t.id::text) AS code,
       gen_random_uuid() AS token
FROM texts AS t ORDER BY t.id;
UPDATE articles SET since = tstzrange(lower(since), lower(since) + random() * interval '9 days');
ALTER TABLE articles ADD PRIMARY KEY (id);
CREATE TABLE authors AS SELECT n AS id, 'Author ' || n AS name, n % 30 AS country FROM generate_series(1, 5000) AS n;
ALTER TABLE authors ADD PRIMARY KEY (id);
VACUUM FULL articles;
DROP TABLE texts;
VACUUM ANALYZE;
"""


def data(rows: int = ROWS) -> list[str]:
    """Scripts that make the tables, each to be run on its own."""
    text = _DATA.replace("{rows}", str(rows))
    head, tail = text.split("VACUUM FULL articles;")
    return [head, "VACUUM FULL articles", "DROP TABLE texts", "VACUUM ANALYZE", tail and "SELECT 1"]


@dataclass(frozen=True)
class Case:
    """An index, and statements that it is for."""

    index: Index
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return self.index.definition().removeprefix('"public".')


def _expression(text: str, **rest: object) -> Key:
    return Key(text, is_expression=True, **rest)  # type: ignore[arg-type]


def _case(keys: tuple[Key | str, ...], *statements: str, table: str = "articles", **rest: object) -> Case:
    found = tuple(key if isinstance(key, Key) else Key(key) for key in keys)
    return Case(Index("public", table, found, **rest), statements)  # type: ignore[arg-type]


def _where(condition: str, columns: str = "id, name") -> str:
    return f"SELECT {columns} FROM articles WHERE {condition}"


PLAIN = (
    _case(("author",), _where("author = 17"), _where("author = 4800"), _where("author BETWEEN 3000 AND 3100")),
    _case(("created",), _where("created >= '2024-03-01'"), _where("true ORDER BY created DESC LIMIT 10")),
    _case(
        ("author", "created"),
        _where("author = 3 ORDER BY created LIMIT 5"),
        _where("author = 40 AND created > '2024-01-01'"),
    ),
    _case(("updated",), _where("updated < '2023-01-20'"), _where("updated BETWEEN '2023-05-01' AND '2023-05-03'")),
    _case(("code",), _where("code = md5('7')"), _where("code LIKE 'ab%'")),
    _case((Key("name", opclass="text_pattern_ops"),), _where("name LIKE 'Libater%'"), _where("name LIKE 'Li%'")),
    _case((Key("name", collation="C"),), _where("name COLLATE \"C\" > 'Ve'"), _where("name LIKE 'Teres%'")),
    _case(("author",), _where("author = 17", "author, price"), include=("price",)),
    _case((Key("price", descending=True), "id"), _where("true ORDER BY price DESC, id LIMIT 20")),
    _case(("token",), _where("token = '7f2c0000-0000-4000-8000-000000000000'")),
)
PARTIAL = (
    _case(
        ("created",),
        _where("status = 'archived' AND created > '2024-01-01'"),
        _where("status = 'archived'"),
        predicate="status = 'archived'",
    ),
    _case(
        ("deleted_at",),
        _where("deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 9"),
        _where("deleted_at > '2023-12-20'"),
        predicate="deleted_at IS NOT NULL",
    ),
    _case(
        ("id",),
        _where("status = 'archived' AND deleted_at IS NOT NULL"),
        predicate="status = 'archived' AND deleted_at IS NOT NULL",
    ),
    _case(("email",), _where("email = 'x@Example.com'"), predicate="email IS NOT NULL"),
    _case(("author",), _where("author = 9 AND amount > 80000"), predicate="amount > 80000"),
    _case(
        ("tags",),
        _where("tags @> '{liter}' AND deleted_at IS NOT NULL"),
        method="gin",
        predicate="deleted_at IS NOT NULL",
    ),
)
EXPRESSION = (
    _case(
        (_expression("lower(email)"),),
        _where("lower(email) = 'bater1@example.com'"),
        _where("lower(email) LIKE 'vel%'"),
    ),
    _case(
        (_expression("lower(status)"),),
        _where("lower(status) = 'archived'"),
        _where("lower(status) = 'new'"),
        _where("lower(status) = 'open'"),
    ),
    _case(
        (_expression("date_trunc('day', updated)"),),
        _where("date_trunc('day', updated) = '2023-06-01'"),
        _where("date_trunc('day', updated) >= '2024-11-20'"),
    ),
    _case(
        (_expression("(updated)::date"),),
        _where("updated::date = '2023-06-01'"),
        _where("updated::date BETWEEN '2023-06-01' AND '2023-06-09'"),
    ),
    _case((_expression("date_trunc('month', updated)"),), _where("date_trunc('month', updated) = '2023-06-01'")),
    _case((_expression("EXTRACT(year FROM updated)"),), _where("EXTRACT(year FROM updated) = 2024")),
    _case((_expression("EXTRACT(hour FROM updated)"),), _where("EXTRACT(hour FROM updated) = 3")),
    _case((_expression("(amount / 1000)"),), _where("amount / 1000 = 7"), _where("amount / 1000 > 70")),
    _case((_expression("(amount % 10)"),), _where("amount % 10 = 7")),
    _case((_expression('"left"(code, 2)'),), _where("left(code, 2) = 'ab'")),
    _case((_expression("length(name)"),), _where("length(name) = 15"), _where("length(name) > 28")),
    _case((_expression("COALESCE(deleted_at, created)"),), _where("COALESCE(deleted_at, created) > '2024-04-01'")),
    _case((_expression("(price * 2)"),), _where("price * 2 > 1990"), _where("price * 2 = 20")),
    _case((_expression("(- author)"), "created"), _where("-author = -17 AND created > '2024-01-01'")),
    _case((_expression("((name || ' '::text) || status)"),), _where("(name || ' ' || status) = 'Bater New'")),
    _case(
        (_expression("(data ->> 'kind'::text)"),), _where("data ->> 'kind' = 'ter'"), _where("data ->> 'kind' = 'dor'")
    ),
    _case((_expression("((data ->> 'customer'::text)::integer)"),), _where("(data ->> 'customer')::int = 77")),
    _case((_expression("((data ->> 'paid'::text)::boolean)"),), _where("(data ->> 'paid')::boolean")),
    _case(
        (_expression("lower(email)"),),
        "SELECT a.id, w.name FROM articles AS a JOIN authors AS w ON w.id = a.author WHERE lower(a.email) = 'x'",
    ),
)
OTHER = (
    _case(
        ("tags",),
        _where("tags @> '{liter}'"),
        _where("tags @> '{liter,mon}'"),
        _where("tags && '{lifecoest,vel}'"),
        method="gin",
    ),
    _case(("numbers",), _where("numbers @> '{7}'"), _where("numbers && '{7,8,9}'"), method="gin"),
    _case(
        ("search",),
        _where("search @@ 'liter'::tsquery"),
        _where("search @@ 'liter & mon'::tsquery"),
        _where("search @@ 'vel:*'::tsquery"),
        method="gin",
    ),
    _case(("data",), _where("data @> '{\"customer\": 77}'"), _where("data ? 'kind'"), method="gin"),
    _case(
        (Key("data", opclass="jsonb_path_ops"),),
        _where("data @> '{\"customer\": 77}'"),
        _where('data @> \'{"kind": "ter", "paid": true}\''),
        method="gin",
    ),
    _case(
        (Key("name", opclass="gin_trgm_ops"),),
        _where("name LIKE '%Sarantu%'"),
        _where("name ILIKE '%quebat%'"),
        method="gin",
    ),
    _case((Key("body", opclass="gin_trgm_ops"),), _where("body LIKE '%dorliest%'"), method="gin"),
    _case(
        (Key("name", opclass="gist_trgm_ops"),),
        _where("name LIKE '%Sarantu%'"),
        _where("true ORDER BY name <-> 'Bater' LIMIT 5"),
        method="gist",
    ),
    _case(
        (_expression("to_tsvector('simple'::regconfig, body)"),),
        _where("to_tsvector('simple', body) @@ 'liter'::tsquery"),
        method="gin",
    ),
    _case(("span",), _where("span @> 500"), _where("span && '[100,300)'"), method="gist"),
    _case(("since",), _where("since @> timestamptz '2023-06-01'"), method="gist"),
    _case(
        ("place",),
        _where("place <@ box '(0,0),(30,30)'"),
        _where("true ORDER BY place <-> point '(5,5)' LIMIT 5"),
        method="gist",
    ),
    _case(("search",), _where("search @@ 'liter'::tsquery"), method="gist"),
    _case(("place",), _where("place <@ box '(0,0),(30,30)'"), method="spgist"),
    _case(("span",), _where("span @> 500"), method="spgist"),
    _case(("code",), _where("code = md5('7')"), _where("code ^@ 'abc'"), method="spgist"),
    _case((Key("address", opclass="inet_ops"),), _where("address << '10.0.7.0/24'"), method="gist"),
    _case((Key("address", opclass="inet_ops"),), _where("address << '10.0.7.0/24'"), method="spgist"),
    _case(
        ("created",),
        _where("created BETWEEN '2022-06-01' AND '2022-06-03'"),
        _where("created > '2024-03-01'"),
        method="brin",
    ),
    _case(
        ("created",),
        _where("created BETWEEN '2022-06-01' AND '2022-06-03'"),
        method="brin",
        options=(("pages_per_range", "16"),),
    ),
    _case(("updated",), _where("updated < '2023-01-20'"), method="brin"),
    _case(
        (Key("id", opclass="int4_minmax_multi_ops"),),
        _where("id BETWEEN 900 AND 990", "created, name"),
        method="brin",
        options=(("pages_per_range", "32"),),
    ),
    _case((Key("code", opclass="text_bloom_ops"),), _where("code = md5('7')"), method="brin"),
    _case(("code",), _where("code = md5('7')"), method="hash"),
    _case(("author",), _where("author = 17"), _where("author = 4800"), method="hash"),
    _case(("email",), _where("email = 'x@Example.com'"), method="hash"),
)
CASES = (*PLAIN, *PARTIAL, *EXPRESSION, *OTHER)
