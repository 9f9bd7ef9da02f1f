"""Trigrams: parts of texts, where pg_trgm is installed, once in public and once in a schema off the search_path."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

_NAMES = f"{pick('Anna', 'Bert', 'Carl', 'Dora', 'Emil')} || ' ' || substr(md5(n::text), 1, 12)"

CASES = (
    Case(
        "Names with a part, by LIKE",
        "CREATE UNLOGGED TABLE guests (id bigint PRIMARY KEY, name text NOT NULL, wishes text);"
        + fill("guests", "n", _NAMES, TEXT),
        [
            query("SELECT * FROM guests WHERE name LIKE '%c0ffe%'"),
            query("SELECT * FROM guests WHERE name LIKE $1", ["%1234%"], ["%beef%"]),
        ],
        best=[["guests USING gin (name gin_trgm_ops)"]],
        worse=[["guests (name)"]],
        slower=[["guests USING gist (name gist_trgm_ops)"]],
    ),
    Case(
        "Names with a part in any case, by ILIKE",
        "CREATE UNLOGGED TABLE contacts (id bigint PRIMARY KEY, tenant int NOT NULL, "
        "company varchar(80) NOT NULL, text text);" + fill("contacts", "n", spread(3), _NAMES, TEXT),
        [query("SELECT * FROM contacts WHERE company ILIKE $1", ["%C0FFE%"], ["%12345%"])],
        best=[["contacts USING gin (company gin_trgm_ops)"]],
        worse=[["contacts (company)"], ["contacts (lower(company::text))"]],
    ),
    Case(
        "Texts that match a regular expression",
        "CREATE UNLOGGED TABLE messages (id bigint PRIMARY KEY, subject text NOT NULL, body text);"
        + fill("messages", "n", _NAMES, TEXT),
        [query("SELECT * FROM messages WHERE subject ~ $1", ["c0ffe"], ["beef[0-9]"])],
        best=[["messages USING gin (subject gin_trgm_ops)"]],
        worse=[["messages (subject)"]],
    ),
    Case(
        "Words that begin with some letters need no trigrams where texts sort bytewise",
        "CREATE UNLOGGED TABLE words (id bigint PRIMARY KEY, word text NOT NULL, meaning text);"
        + fill("words", "n", "substr(md5(n::text), 1, 14)", TEXT),
        [query("SELECT * FROM words WHERE word LIKE $1", ["c0ffe%"], ["beef%"])],
        best=[["words (word)"]],
        worse=[["words USING gin (word gin_trgm_ops)"]],
        never=["USING gin"],
    ),
    Case(
        "A part in any case, by lower()",
        "CREATE UNLOGGED TABLE brands (id bigint PRIMARY KEY, name text NOT NULL, text text);"
        + fill("brands", "n", _NAMES, TEXT),
        [query("SELECT * FROM brands WHERE lower(name) LIKE $1", ["%c0ffe%"], ["%12345%"])],
        best=[["brands USING gin (lower(name) gin_trgm_ops)"]],
        worse=[["brands (lower(name))"], ["brands USING gin (name gin_trgm_ops)"]],
    ),
    Case(
        "Two letters hold no trigram: nothing helps",
        "CREATE UNLOGGED TABLE plates (id bigint PRIMARY KEY, plate text NOT NULL, text text);"
        + fill("plates", "n", "substr(md5(n::text), 1, 9)", TEXT),
        [query("SELECT * FROM plates WHERE plate LIKE $1", ["%c0%"], ["%12%"])],
        best=[NONE],
        worse=[["plates (plate)"]],
    ),
    Case(
        "The names that are most alike",
        "CREATE UNLOGGED TABLE firms (id bigint PRIMARY KEY, name text NOT NULL, text text);"
        + fill("firms", "n", _NAMES, TEXT),
        [query("SELECT * FROM firms ORDER BY name <-> $1 LIMIT 5", ["Anna c0ffee"], ["Bert 12345"])],
        best=[["firms USING gist (name gist_trgm_ops)"]],
        worse=[["firms (name)"], ["firms USING gin (name gin_trgm_ops)"]],
    ),
    Case(
        "Names that are alike",
        "CREATE UNLOGGED TABLE donors (id bigint PRIMARY KEY, name text NOT NULL, text text);"
        + fill("donors", "n", _NAMES, TEXT),
        [query("SELECT * FROM donors WHERE name % $1", ["Anna c0ffee123456"], ["Bert 123456789abc"])],
        best=[["donors USING gin (name gin_trgm_ops)"], ["donors USING gist (name gist_trgm_ops)"]],
        worse=[["donors (name)"]],
    ),
)

ELSEWHERE = (
    Case(
        "Names with a part, where pg_trgm is off the search_path",
        "CREATE UNLOGGED TABLE streets (id bigint PRIMARY KEY, name text NOT NULL, geometry text);"
        + fill("streets", "n", _NAMES, TEXT),
        [query("SELECT * FROM streets WHERE name LIKE '%c0ffe%'")],
        best=[["streets USING gin (name extensions.gin_trgm_ops)"]],
        worse=[["streets (name)"]],
        impossible=["streets USING gin (name gin_trgm_ops)"],
    ),
)

KINDS = (
    Kind("trigrams", CASES, given="CREATE EXTENSION pg_trgm"),
    Kind("trigrams", ELSEWHERE, given="CREATE SCHEMA extensions; CREATE EXTENSION pg_trgm SCHEMA extensions"),
)
