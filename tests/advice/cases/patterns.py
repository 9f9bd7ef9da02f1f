"""Beginnings of texts, where texts do not sort bytewise, so that an ordinary b-tree does not find them."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

_NAME = "substr(md5(n::text), 1, 10)"

CASES = (
    Case(
        "Names that begin with some letters",
        "CREATE UNLOGGED TABLE people (id bigint PRIMARY KEY, name text NOT NULL, address text);"
        + fill("people", "n", _NAME, TEXT),
        [query("SELECT * FROM people WHERE name LIKE $1", ["beef%"], ["c0f%"])],
        best=[["people (name text_pattern_ops)"]],
        worse=[["people (name)"]],
    ),
    Case(
        "A varchar that begins with a parameter",
        "CREATE UNLOGGED TABLE parts (id bigint PRIMARY KEY, number varchar(30) NOT NULL, drawing text);"
        + fill("parts", "n", _NAME, TEXT),
        [query("SELECT * FROM parts WHERE number LIKE $1", ["beef%"], ["00f%"])],
        best=[["parts (number varchar_pattern_ops)"], ["parts (number text_pattern_ops)"]],
        worse=[["parts (number)"]],
    ),
    Case(
        "Beginnings and whole texts: one index finds both",
        "CREATE UNLOGGED TABLE airports (id bigint PRIMARY KEY, label text NOT NULL, facts text);"
        + fill("airports", "n", _NAME, TEXT),
        [
            query("SELECT * FROM airports WHERE label LIKE $1", ["fee%"], ["c0f%"]),
            query("SELECT * FROM airports WHERE label = $1", ["beef012345"], ["c0ffee0123"]),
        ],
        best=[["airports (label text_pattern_ops)"]],
        worse=[["airports (label)"], ["airports (label)", "airports (label text_pattern_ops)"]],
    ),
    Case(
        "A column that has the collation C",
        'CREATE UNLOGGED TABLE barcodes (id bigint PRIMARY KEY, code text COLLATE "C" NOT NULL, article text);'
        + fill("barcodes", "n", _NAME, TEXT),
        [
            query("SELECT * FROM barcodes WHERE code LIKE $1", ["beef%"], ["c0f%"]),
            query("SELECT * FROM barcodes WHERE code >= $1 ORDER BY code LIMIT 10", ["beef"], ["c0f"]),
        ],
        best=[["barcodes (code)"]],
        worse=[["barcodes (code text_pattern_ops)"]],
    ),
    Case(
        "Beginnings within one tenant",
        "CREATE UNLOGGED TABLE items (id bigint PRIMARY KEY, tenant int NOT NULL, sku text NOT NULL, details text);"
        + fill("items", "n", spread(20), f"{pick('A', 'B', 'C', 'D', salt=1)} || {_NAME}", TEXT),
        [query("SELECT * FROM items WHERE tenant = $1 AND sku LIKE $2", ["3", "Ab%"], ["17", "C0%"])],
        best=[["items (tenant, sku text_pattern_ops)"]],
        worse=[["items (tenant)"], ["items (tenant, sku)"], ["items (sku text_pattern_ops)"]],
    ),
    Case(
        "Beginnings in lower case",
        "CREATE UNLOGGED TABLE users (id bigint PRIMARY KEY, login text NOT NULL, profile text);"
        + fill("users", "n", f"upper({_NAME})", TEXT),
        [query("SELECT * FROM users WHERE lower(login) LIKE $1", ["beef%"], ["c0f%"])],
        best=[["users (lower(login) text_pattern_ops)"]],
        worse=[["users (login text_pattern_ops)"], ["users (lower(login))"]],
    ),
    Case(
        "Ends of texts: no b-tree finds them",
        "CREATE UNLOGGED TABLE hosts (id bigint PRIMARY KEY, name text NOT NULL, facts text);"
        + fill("hosts", "n", f"{_NAME} || '.example.com'", TEXT),
        [query("SELECT * FROM hosts WHERE name LIKE $1", ["%beef.example.com"], ["%00.example.com"])],
        best=[NONE],
        worse=[["hosts (name)"], ["hosts (name text_pattern_ops)"]],
    ),
    Case(
        "In order by the locale: the pattern class has another order",
        "CREATE UNLOGGED TABLE cities (id bigint PRIMARY KEY, name text NOT NULL, facts text);"
        + fill("cities", "n", _NAME, TEXT),
        [
            query("SELECT * FROM cities ORDER BY name LIMIT 20"),
            query("SELECT * FROM cities WHERE name = $1", ["beef012345"]),
        ],
        best=[["cities (name)"]],
        worse=[["cities (name text_pattern_ops)"]],
        never=["pattern_ops"],
    ),
)

KINDS = (Kind("patterns", CASES, locale="C.UTF-8"),)
