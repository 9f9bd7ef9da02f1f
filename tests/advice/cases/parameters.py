"""Statements as they are captured: with `$n`, with values and without, and some that do not plan."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "No values are known",
        "CREATE UNLOGGED TABLE persons (id bigint PRIMARY KEY, family text NOT NULL, born date NOT NULL, text text);"
        + fill("persons", "n", f"'family ' || {spread(4000)}", f"date '1950-01-01' + {spread(20_000, 1)}::int", TEXT),
        [query("SELECT * FROM persons WHERE family = $1 AND born = $2")],
        best=[["persons (family, born)"], ["persons (born, family)"], ["persons (born)"]],
        worse=[["persons (family)"]],
    ),
    Case(
        "A value that half of the rows have, and rare ones",
        "CREATE UNLOGGED TABLE jobs (id bigint PRIMARY KEY, worker int NOT NULL, text text);"
        + fill("jobs", "n", f"CASE WHEN {spread(2)} = 0 THEN 0 ELSE {spread(3000, 1)} END", TEXT),
        [query("SELECT * FROM jobs WHERE worker = $1", ["0"], ["17"], ["2999"])],
        best=[["jobs (worker)"]],
    ),
    Case(
        "A statement that does not plan is named, and the others are advised on",
        "CREATE UNLOGGED TABLE plants (id bigint PRIMARY KEY, bed int NOT NULL, text text);"
        + fill("plants", "n", spread(3000), TEXT),
        [
            query("SELECT * FROM plants WHERE no_such_column = 1"),
            query("SELECT * FROM plants WHERE bed = $1", ["17"], ["2999"]),
            query("SELEC * FROM plants WHERE bed = 2"),
        ],
        best=[["plants (bed)"]],
        unplanned=["SELECT * FROM plants WHERE no_such_column", "SELEC "],
    ),
    Case(
        "A table that is gone, and a value that is no date",
        "CREATE UNLOGGED TABLE shifts (id bigint PRIMARY KEY, day date NOT NULL, text text);"
        + fill("shifts", "n", f"date '2020-01-01' + {spread(2000)}::int", TEXT),
        [
            query("SELECT * FROM shifts_old WHERE day = '2024-01-01'"),
            query("SELECT text FROM shifts WHERE day = $1", ["tomorrowish"]),
            query("SELECT * FROM shifts WHERE day = $1 AND id > $2", ["2024-01-01", "0"], ["2022-02-02", "0"]),
        ],
        best=[["shifts (day)"]],
        worse=[["shifts (day, id)"]],
        unplanned=["SELECT * FROM shifts_old", "SELECT text FROM shifts"],
    ),
    Case(
        "Types that the parameters take from the columns",
        "CREATE UNLOGGED TABLE tokens (id uuid PRIMARY KEY, owner uuid NOT NULL, ip inet NOT NULL, text text);"
        + fill(
            "tokens",
            "md5(n::text)::uuid",
            f"md5('o' || {spread(6000)})::uuid",
            f"inet '10.0.0.0' + {spread(9000, 1)}::int",
            TEXT,
        ),
        [
            query("SELECT * FROM tokens WHERE owner = $1", ["d41d8cd9-8f00-b204-e980-0998ecf8427e"]),
            query("SELECT * FROM tokens WHERE ip = $1", ["10.0.1.1"], ["10.0.30.9"]),
        ],
        best=[["tokens (owner)", "tokens (ip)"]],
        worse=[["tokens (owner)"], ["tokens (ip)"]],
    ),
)

KINDS = (Kind("parameters", CASES),)
