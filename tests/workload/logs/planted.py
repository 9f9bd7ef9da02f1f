"""Secrets planted where a log can carry them: each function takes a secret and gives the entries that carry it.

A secret is sixteen letters and digits that occur nowhere else, or as many digits where only a number can stand. What
must not be found afterwards is any eight of its characters in a row (twelve of a number), whatever their case, and the
same for the ways in which an entry spells it otherwise.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.workload.logs.entries import Entry

WINDOW, NUMBER_WINDOW = 8, 12


@dataclass(frozen=True)
class Planted:
    """Entries, and every spelling of the secret in them."""

    entries: tuple[Entry, ...]
    spellings: tuple[str, ...]


def drawn(draw: random.Random) -> str:
    """A secret. It begins with a letter and is no word, date or number."""
    return "z" + "".join(draw.choices("bcdfghjkmnpqrstvwxz23456789", k=15))


def number(draw: random.Random) -> str:
    return "7" + "".join(draw.choices("123456789", k=15))


def survivors(text: str, spellings: tuple[str, ...]) -> list[str]:
    """The pieces of secrets that are in a text."""
    text = text.lower()
    return [piece for spelling in spellings for piece in _pieces(spelling.lower()) if piece in text]


def _pieces(spelling: str) -> list[str]:
    size = NUMBER_WINDOW if spelling.isdigit() else WINDOW
    return [spelling[start : start + size] for start in range(len(spelling) - size + 1)]


# -- statements; %s is where the secret stands ------------------------------------------------------------------------

STATEMENTS: dict[str, str] = {
    "literal": "SELECT * FROM users WHERE email = '%s'",
    "literal with a quote": "SELECT * FROM users WHERE name = 'O''%s'''",
    "escaped": r"SELECT E'a\'%s\n' FROM users",
    "escaped at the end": r"SELECT E'\\', '%s'",
    "not escaped": r"SELECT '\', '%s'",
    "national": "SELECT N'%s'",
    "unicode": r"SELECT U&'\0441%s' FROM users",
    "unicode with its own escape": "SELECT U&'!0441%s' UESCAPE '!'",
    "dollar quotes": "SELECT $$it's %s$$",
    "tagged dollar quotes": "SELECT $body$ $$ '%s' $$ $body$, 1",
    "continued": "SELECT 'a'\n  '%s' AS joined",
    "line comment": "SELECT 1 -- token %s\nFROM users",
    "comment": "SELECT 1 /* token=%s */ FROM users",
    "nested comment": "SELECT 1 /* a /* %s */ %s */ FROM users",
    "comment of an ORM": "SELECT id FROM users /*traceparent='00-%s-01',route='%s'*/",
    "comment before": "/* %s */ SELECT 1 FROM users",
    "comment with a quote": "SELECT 1 -- it's\n, '%s' FROM users",
    "list": "SELECT * FROM users WHERE id IN ('a', '%s', 'b')",
    "rows": "INSERT INTO users (name, password) VALUES ('a', '%s'), ('b', '%s')",
    "array": "SELECT ARRAY['%s']::text[], '{%s}'::text[]",
    "json": """UPDATE users SET data = '{"password": "%s"}' WHERE id = 3""",
    "like": "SELECT * FROM users WHERE name LIKE '%%%s%%'",
    "multi-line": "SELECT *\nFROM users\nWHERE name = 'one\n%s\n\ntwo'\n  AND id = 3",
    "function": "SELECT login('%s', crypt('%s', gen_salt('bf')))",
    "cast": "SELECT text '%s', '%s'::varchar",
    "password": "CREATE USER bob WITH LOGIN PASSWORD '%s'",
    "password of a role": "ALTER ROLE bob ENCRYPTED PASSWORD '%s' VALID UNTIL 'infinity'",
    "password in lower case": "alter user bob password '%s'",
    "password, escaped": "ALTER USER bob PASSWORD E'%s'",
    "password, unicode": "ALTER USER bob PASSWORD U&'%s'",
    "password in dollars": "CREATE ROLE bob PASSWORD $$%s$$",
    "mapping": "CREATE USER MAPPING FOR bob SERVER far OPTIONS (user 'bob', password '%s')",
    "subscription": "CREATE SUBSCRIPTION s CONNECTION 'host=far password=%s' PUBLICATION p",
    "setting": "SET app.token = '%s'",
    "setting of the system": "ALTER SYSTEM SET primary_conninfo = 'host=far password=%s'",
    "setting of a role": "ALTER ROLE bob SET app.token TO '%s'",
    "config": "SELECT set_config('app.token', '%s', false)",
    "copy to a program": "COPY users TO PROGRAM 'curl -H token:%s https://far'",
    "do": "DO $do$ BEGIN PERFORM login('%s'); END $do$",
    "function body": "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $f$ SELECT '%s' $f$",
    "function body of SQL": "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT '%s'; END",
    "prepare": "PREPARE p AS SELECT * FROM users WHERE email = '%s'",
    "execute": "EXECUTE p('%s')",
    "notify": "NOTIFY channel, '%s'",
    "comment on": "COMMENT ON TABLE users IS '%s'",
    "security label": "SECURITY LABEL ON TABLE users IS '%s'",
    "default": "ALTER TABLE users ADD COLUMN token text DEFAULT '%s'",
    "check": "ALTER TABLE users ADD CHECK (token <> '%s')",
    "limit": "SELECT * FROM users WHERE a = '%s' ORDER BY 1 LIMIT 10",
    "several statements": "SELECT 1; SELECT '%s'; SELECT 2",
    "view": "CREATE VIEW v AS SELECT * FROM users WHERE email = '%s'",
    "explain": "EXPLAIN (ANALYZE) SELECT * FROM users WHERE email = '%s'",
    "merge": "MERGE INTO users USING (VALUES ('%s')) AS v (name) ON users.name = v.name "
    "WHEN MATCHED THEN UPDATE SET token = '%s'",
}
NUMBERS: dict[str, str] = {
    "number": "SELECT * FROM cards WHERE number = %s",
    "negative": "SELECT * FROM cards WHERE number = -%s",
    "decimal": "SELECT * FROM cards WHERE number = %s.25",
    "exponent": "SELECT %se3, 1.%s",
    "in a list": "SELECT * FROM cards WHERE number IN (1, %s)",
    "in brackets": "SELECT (array_agg(id))[%s] FROM cards",
    "bits": "SELECT X'%s', x'%s'",
    "setting": "SET app.card = %s",
    "limit": "SELECT * FROM cards LIMIT %s",
}
# What no lexer can read, or no parser: of statements that failed. The first kind leaves a quote or comment open.
INVALID: dict[str, str] = {
    "open quote": "SELECT * FROM users WHERE email = '%s",
    "open quote, escaped": r"SELECT E'%s\' FROM users",
    "open dollar quote": "SELECT $a$ %s $b$",
    "open comment": "SELECT 1 /* %s",
    "open name": 'SELECT "%s FROM users',
    "one quote too many": "SELECT 'a'', '%s' FROM users",
    "number and name": "SELECT 1%s",
    "quotes of a word processor": "SELECT “%s” FROM users",
    "quotes of another database": 'SELECT * FROM users WHERE email = "%s"',
    "backticks": "SELECT `%s` FROM users",
    "no quotes": "INSERT INTO users VALUES (%s)",
    "an address": "SELECT * FROM users WHERE email = %s@example.org",
    "no SQL at all": "login bob %s",
    "password without quotes": "ALTER USER bob PASSWORD %s",
    "brackets": "SELECT ((( '%s'",
}
# Cut short by a limit on the length of log lines: still logged with a duration.
TRUNCATED: dict[str, str] = {
    "in a literal": "SELECT * FROM users WHERE name = 'x' AND email = '%s",
    "in an escaped literal": r"SELECT * FROM users WHERE email = E'\'%s",
    "in dollar quotes": "SELECT * FROM users WHERE email = $x$%s",
    "in a comment": "SELECT 1 FROM users /* %s",
    "in a password": "ALTER USER bob PASSWORD '%s",
    "in a list": "INSERT INTO users VALUES ('a'), ('%s'), ('",
}


def _simple(text: str, secret: str) -> Entry:
    return Entry(f"duration: 1.250 ms  statement: {filled(text, secret)}")


def _extended(text: str, secret: str) -> Entry:
    return Entry(f"duration: 0.250 ms  execute <unnamed>: {filled(text, secret)}")


def _logged(text: str, secret: str) -> Entry:
    return Entry(f"statement: {filled(text, secret)}")


def _failed(text: str, secret: str) -> Entry:
    return Entry("syntax error at end of input", "ERROR", "42601", statement=filled(text, secret))


def _cancelled(text: str, secret: str) -> Entry:
    message = "canceling statement due to statement timeout"
    return Entry(message, "ERROR", "57014", statement=filled(text, secret))


def _waiting(text: str, secret: str) -> Entry:
    message = "process 4711 still waiting for ShareLock on transaction 778 after 1000.123 ms"
    context = 'while updating tuple (0,1) in relation "users"'
    return Entry(message, detail="Process holding the lock: 4712. Wait queue: 4711.", context=context,
                 statement=filled(text, secret))  # fmt: skip


def _spilled(text: str, secret: str) -> Entry:
    message = 'temporary file: path "base/pgsql_tmp/pgsql_tmp4711.0", size 14000000'
    return Entry(message, statement=filled(text, secret))


def _in_function(text: str, secret: str) -> Entry:
    context = f'SQL statement "{filled(text, secret)}"\nPL/pgSQL function f(integer) line 3 at SQL statement'
    return Entry("division by zero", "ERROR", "22012", context=context, statement="SELECT f(3)")


def _internal(text: str, secret: str) -> Entry:
    return Entry('column "x" does not exist', "ERROR", "42703", query=filled(text, secret), statement="SELECT f(3)")


def _planned(text: str, secret: str) -> Entry:
    query = filled(text, secret)
    return Entry(
        f"duration: 12.500 ms  plan:\nQuery Text: {query}\nSeq Scan on users  (cost=0.00..1.00 rows=1 width=4)"
    )


CARRIERS = (_simple, _extended, _logged, _failed, _cancelled, _waiting, _spilled, _in_function, _internal, _planned)
CARRIERS_OF_INVALID = (_failed, _in_function, _internal)
CARRIERS_OF_TRUNCATED = (_simple, _extended, _logged, _cancelled, _waiting, _spilled)


def filled(text: str, secret: str) -> str:
    return text.replace("%s", secret).replace("%%", "%")


# -- other places -----------------------------------------------------------------------------------------------------

_QUERY = "SELECT * FROM users WHERE email = $1"


def _parameters(secret: str) -> tuple[Entry, ...]:
    values = f"parameters: $1 = '{secret}', $2 = NULL, $3 = 'O''{secret}\n{secret}', $4 = '{secret}"
    return (
        Entry(f"duration: 0.250 ms  bind s1: {_QUERY}", detail=f"{values}'"),
        Entry(f"duration: 0.250 ms  execute s1: {_QUERY}", detail=f"{values}...'"),
        Entry(f"duration: 0.250 ms  execute s1: {_QUERY}", detail=f"Parameters: $1 = '{secret}'"),
        Entry(f"execute s1: {_QUERY}", detail=values),  # cut
        Entry("division by zero", "ERROR", "22012", context=f"unnamed portal with {values}'", statement=_QUERY),
        Entry("division by zero", "ERROR", "22012", context=f'portal "p" with {values}...\'', statement=_QUERY),
        Entry(f"duration: 0.250 ms  execute s1: {_QUERY}", detail=f"parámetros: $1 = '{secret}'"),
        Entry(f"duration: 0.250 ms  execute {secret}: {_QUERY}"),
        Entry(f"duration: 0.250 ms  execute a: {secret}/{secret}: {_QUERY}", detail=f"parameters: $1 = '{secret}'"),
        Entry(
            f"duration: 0.250 ms  execute p: EXECUTE p('{secret}')", detail=f"prepare: PREPARE p AS SELECT '{secret}'"
        ),
    )


def _errors(secret: str) -> tuple[Entry, ...]:
    insert = "INSERT INTO users SELECT * FROM incoming"
    return (
        Entry(f'invalid input syntax for type integer: "{secret}"', "ERROR", "22P02", statement=insert),
        Entry(f'column "{secret}" does not exist at character 8', "ERROR", "42703", statement=insert),
        Entry(f'syntax error at or near "{secret}" at character 8', "ERROR", "42601", statement=insert),
        Entry("duplicate key value violates unique constraint \"users_pkey\"", "ERROR", "23505",
              detail=f"Key (email)=({secret}) already exists.", statement=insert),
        Entry('null value in column "id" of relation "users" violates not-null constraint', "ERROR", "23502",
              detail=f"Failing row contains (null, {secret}, ...).", statement=insert),
        Entry(f"no login for {secret}", "ERROR", "P0001", detail=secret, hint=f"not {secret}, but another",
              context=f"PL/pgSQL function f(text) line 3 at RAISE\n{secret}", statement=insert),
        Entry(f"token {secret}", "WARNING", "01000"),
        Entry(f"no \n\n{secret}\n", "NOTICE", detail=f"one\n{secret}"),
        Entry(f"{secret}", "PANIC", "XX000"),
        Entry(f'password authentication failed for user "{secret}"', "FATAL", "28P01",
              detail=f'Connection matched pg_hba.conf line 97: "host all {secret} ::1/128 md5"'),
    )  # fmt: skip


def _copied(secret: str) -> tuple[Entry, ...]:
    copy = "COPY users FROM STDIN"
    return (
        Entry('invalid input syntax for type numeric: "x"', "ERROR", "22P02",
              context=f'COPY users, line 1, column total: "{secret}"', statement=copy),
        Entry("extra data after last expected column", "ERROR", "22P04",
              context=f'COPY users, line 7: "1\t{secret}\t\\N"', statement=copy),
        Entry("missing data for column \"b\"", "ERROR", "22P04",
              context=f'COPY users, line 7: "{secret}..."', statement=f"COPY users FROM STDIN;\n1\t{secret}\n\\."),
        Entry("date/time field value out of range", "ERROR", "22008",
              context=f"COPY users, line 2, column at: \"a {secret}\"\nSQL statement \"COPY users FROM '/{secret}'\""),
    )  # fmt: skip


def _plans(secret: str) -> tuple[Entry, ...]:
    text = (
        f"Query Text: SELECT * FROM users WHERE email = '{secret}'\n"
        f"Query Parameters: $1 = '{secret}'\n"
        "Sort  (cost=9.00..9.10 rows=1 width=40) (actual time=0.1..0.2 rows=1 loops=1)\n"
        f"  Output: ('{secret}'::text || name)\n  Sort Key: ((name || '{secret}'::text))\n"
        f"  ->  Hash Join  (cost=1.00..8.00 rows=1 width=40)\n        Hash Cond: ((a.x || '{secret}'::text) = b.x)\n"
        f"        Join Filter: (a.y <> ALL ('{{a,{secret},\"{secret} b\"}}'::text[]))\n"
        "        ->  Index Scan using users_email on users a  (cost=0.28..8.30 rows=1 width=40)\n"
        f"              Index Cond: (email = '{secret}'::text)\n              Filter: (note ~~ 'O''{secret}%'::text)\n"
        "              Rows Removed by Filter: 12\n"
        f"        ->  Function Scan on f  (cost=0.00..1.00 rows=1)\n              Function Call: f('{secret}')\n"
        f"        ->  Foreign Scan on far\n              Remote SQL: SELECT * FROM far WHERE ((a = '{secret}'))\n"
        f"        ->  Result\n              One-Time Filter: (current_user = '{secret}'::name)\n"
        f"        ->  Bitmap Heap Scan on users\n              Recheck Cond: (note = 'one\n{secret}\ntwo'::text)\n"
        f"Settings: search_path = '\"{secret}\", public'"
    )
    node = (
        f'"Node Type": "Seq Scan", "Total Cost": 8.30, "Plan Rows": 1, '
        f'"Filter": "(email = \'{secret}\'::text)", "Output": ["\'{secret}\'"], "Sort Key": ["(a || \'{secret}\')"]'
    )
    whole = (
        f'{{\n  "Query Text": "SELECT \'{secret}\' /* \\"{secret}\\" */",\n  "Query Parameters": "$1 = \'{secret}\'",\n'
        f'  "Plan": {{{node}, "Plans": [{{{node}, "Index Cond": "(x = \'{secret}\'::text)"}}]}},\n'
        f'  "Settings": {{"search_path": "{secret}"}}\n}}'
    )
    xml = (
        f"<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Query-Text>SELECT '{secret}'</Query-Text>\n"
        f"  <Plan>\n    <Filter>(email = '{secret}'::text)</Filter>\n  </Plan>\n</explain>"
    )
    yaml = (
        f'Query Text: "SELECT \'{secret}\'"\nPlan: \n  Node Type: "Seq Scan"\n  Filter: "(email = \'{secret}\'::text)"'
    )
    plans = (text, whole, xml, yaml, whole[:-40], text[:-30], whole.replace('"Plan":', '"Plan" '))
    return tuple(Entry(f"duration: 12.500 ms  plan:\n{plan}") for plan in plans)


PLACES: dict[str, Callable[[str], tuple[Entry, ...]]] = {
    "parameters": _parameters,
    "errors": _errors,
    "copy": _copied,
    "plans": _plans,
}


def planted(draw: random.Random) -> Planted:
    """One secret in one place, all drawn."""
    place = draw.randrange(6)
    secret = number(draw) if place == 1 else drawn(draw)
    if place == 0:
        entries = [draw.choice(CARRIERS)(draw.choice(list(STATEMENTS.values())), secret)]
    elif place == 1:
        entries = [draw.choice(CARRIERS)(draw.choice(list(NUMBERS.values())), secret)]
    elif place == 2:
        entries = [draw.choice(CARRIERS_OF_INVALID)(draw.choice(list(INVALID.values())), secret)]
    elif place == 3:
        entries = [draw.choice(CARRIERS_OF_TRUNCATED)(draw.choice(list(TRUNCATED.values())), secret)]
    else:
        entries = [draw.choice(draw.choice(list(PLACES.values()))(secret))]
    pid = draw.randrange(100, 100_000)
    return Planted(tuple(replace(one, pid=pid) for one in entries), (secret,))


def everything(draw: random.Random) -> list[tuple[str, Planted]]:
    """Each place once for each way to carry it, by name."""
    found: list[tuple[str, Planted]] = []
    for texts, carriers, kind in (
        (STATEMENTS, CARRIERS, drawn),
        (NUMBERS, CARRIERS, number),
        (INVALID, CARRIERS_OF_INVALID, drawn),
        (TRUNCATED, CARRIERS_OF_TRUNCATED, drawn),
    ):
        for name, text in texts.items():
            for carrier in carriers:
                secret = kind(draw)
                found.append((f"{carrier.__name__.strip('_')}: {name}", Planted((carrier(text, secret),), (secret,))))
    for name, place in PLACES.items():
        for position in range(len(place("x"))):
            secret = drawn(draw)
            found.append((f"{name}: {position}", Planted((place(secret)[position],), (secret,))))
    return found
