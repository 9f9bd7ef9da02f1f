"""Columns of many types."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

CASES = (
    Case(
        "An enum and a number",
        """
        CREATE TYPE mood AS ENUM ('calm', 'glad', 'sad', 'cross');
        CREATE UNLOGGED TABLE diaries (id bigint PRIMARY KEY, mood mood NOT NULL, day int NOT NULL, text text);
        """
        + fill("diaries", "n", f"({pick('calm', 'glad', 'sad', 'cross')})::mood", spread(365, 1), TEXT),
        [query("SELECT * FROM diaries WHERE mood = $1 AND day = $2", ["glad", "17"], ["cross", "300"])],
        best=[["diaries (mood, day)"], ["diaries (day, mood)"]],
        worse=[["diaries (mood)"], ["diaries (day)"]],
    ),
    Case(
        "A text that knows no case",
        "CREATE UNLOGGED TABLE signups (id bigint PRIMARY KEY, email citext NOT NULL, text text);"
        + fill("signups", "n", "'User' || n || '@Example.com'", TEXT),
        [query("SELECT * FROM signups WHERE email = $1", ["user17@example.com"], ["USER20000@EXAMPLE.COM"])],
        best=[["signups (email)"], ["signups USING hash (email)"]],
        worse=[["signups (lower(email))"]],
    ),
    Case(
        "A domain over varchar",
        """
        CREATE DOMAIN iata AS varchar(8) CHECK (value ~ '^[A-Z0-9]+$');
        CREATE UNLOGGED TABLE legs (id bigint PRIMARY KEY, origin iata NOT NULL, day int NOT NULL, text text);
        """
        + fill("legs", "n", f"'A' || {spread(90)}", spread(400, 1), TEXT),
        [
            query(
                "SELECT * FROM legs WHERE origin = $1 AND day BETWEEN $2 AND $3",
                ["A17", "4", "7"],
                ["A88", "100", "105"],
            )
        ],
        best=[["legs (origin, day)"]],
        worse=[["legs (origin)"], ["legs (day)"]],
    ),
    Case(
        "Whole arrays",
        "CREATE UNLOGGED TABLE hands (id bigint PRIMARY KEY, cards int[] NOT NULL, text text);"
        + fill("hands", "n", f"ARRAY[{spread(52)}, {spread(52, 1)}, {spread(52, 2)}]::int[]", TEXT),
        [query("SELECT * FROM hands WHERE cards = $1", ["{1,2,3}"], ["{51,50,49}"])],
        best=[["hands (cards)"], ["hands USING hash (cards)"]],
        worse=[["hands USING gin (cards)"]],
    ),
    Case(
        "A key in a document of type json, on which there is no GIN index",
        "CREATE UNLOGGED TABLE exports (id bigint PRIMARY KEY, document json NOT NULL);"
        + fill("exports", "n", f"json_build_object('number', 'N' || {spread(9000)}, 'text', {TEXT})"),
        [query("SELECT * FROM exports WHERE document ->> 'number' = $1", ["N17"], ["N8999"])],
        best=[["exports ((document ->> 'number'))"], ["exports USING hash ((document ->> 'number'))"]],
        impossible=["exports (document)", "exports USING gin (document)"],
    ),
    Case(
        "Days of a timestamp with time zone, by a range",
        "CREATE UNLOGGED TABLE alarms (id bigint PRIMARY KEY, at timestamptz NOT NULL, text text);"
        + fill("alarms", "n", f"timestamptz '2024-01-01 00:00+00' + {spread(500_000)} * interval '1 minute'", TEXT),
        [
            query(
                "SELECT * FROM alarms WHERE at >= $1 AND at < $1::timestamptz + interval '1 day'",
                ["2024-03-01 00:00+00"],
                ["2024-10-01 00:00+00"],
            )
        ],
        best=[["alarms (at)"]],
        worse=[["alarms USING brin (at)"]],
    ),
)

KINDS = (Kind("types", CASES, given="CREATE EXTENSION citext"),)
