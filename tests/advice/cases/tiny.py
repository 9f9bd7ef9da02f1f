"""Tables of a few rows are read whole."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

CASES = (
    Case(
        "Twenty settings",
        "CREATE UNLOGGED TABLE settings (id int, name text NOT NULL, value text);"
        + fill("settings", "n", "'setting ' || n", "'on'", rows=20),
        [query("SELECT value FROM settings WHERE name = $1", ["setting 7"], calls=100_000)],
        best=[NONE],
        worse=[["settings (name)"], ["settings (id)"]],
    ),
    Case(
        "A small table beside a large one: only the large one needs an index",
        """
        CREATE UNLOGGED TABLE countries (code text NOT NULL, name text NOT NULL);
        CREATE UNLOGGED TABLE passports (id bigint PRIMARY KEY, country text NOT NULL, holder int NOT NULL, text text);
        """
        + fill("countries", "'C' || n", "'country ' || n", rows=40)
        + fill("passports", "n", f"'C' || {spread(40)}", spread(10_000, 1), TEXT),
        [
            query(
                "SELECT p.*, c.name FROM passports p JOIN countries c ON c.code = p.country WHERE p.holder = $1",
                ["17"],
                ["9999"],
            )
        ],
        best=[["passports (holder)"]],
        worse=[["countries (code)"], ["passports (country)"]],
    ),
    Case(
        "An empty table",
        "CREATE UNLOGGED TABLE errors (id int, code int NOT NULL, text text);",
        [query("SELECT * FROM errors WHERE id < 0 AND code = 7"), query("SELECT count(*) FROM errors")],
        best=[NONE],
    ),
    Case(
        "Half of the rows: an index would not spare the table",
        "CREATE UNLOGGED TABLE answers (id bigint PRIMARY KEY, yes text NOT NULL, text text);"
        + fill("answers", "n", pick("yes", "no"), TEXT),
        [query("SELECT * FROM answers WHERE yes = $1", ["yes"], ["no"])],
        best=[NONE],
        worse=[["answers (yes)"]],
    ),
)

KINDS = (Kind("tiny", CASES),)
