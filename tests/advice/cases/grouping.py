"""Groups, distinct rows, least and greatest values."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "The latest time of one device",
        "CREATE UNLOGGED TABLE pings (id bigint PRIMARY KEY, device int NOT NULL, at timestamp NOT NULL, text text);"
        + fill("pings", "n", spread(60), f"timestamp '2024-01-01' + {spread(10**6, 1)} * interval '1 s'", TEXT),
        [query("SELECT max(at) FROM pings WHERE device = $1", ["17"], ["59"], calls=1000)],
        best=[["pings (device, at)"], ["pings (device, at DESC)"]],
        worse=[["pings (device)"], ["pings (at)"], ["pings (at, device)"]],
    ),
    Case(
        "The least and the greatest of all",
        "CREATE UNLOGGED TABLE rates (id bigint PRIMARY KEY, rate numeric(12, 4) NOT NULL, text text);"
        + fill("rates", "n", f"{spread(10**7)} / 10000.0", TEXT),
        [query("SELECT min(rate), max(rate) FROM rates")],
        best=[["rates (rate)"]],
        worse=[["rates USING brin (rate)"]],
    ),
    Case(
        "The last value of every sensor",
        "CREATE UNLOGGED TABLE samples (id bigint PRIMARY KEY, sensor int NOT NULL, at int NOT NULL, "
        "value int NOT NULL, t text);" + fill("samples", "n", spread(200), spread(10**6, 1), spread(1000, 2), TEXT),
        [query("SELECT DISTINCT ON (sensor) sensor, at, value FROM samples ORDER BY sensor, at DESC")],
        best=[
            ["samples (sensor, at DESC) INCLUDE (value)"],
            ["samples (sensor, at DESC, value)"],
            ["samples (sensor DESC, at) INCLUDE (value)"],
            ["samples (sensor DESC, at, value)"],
        ],
        worse=[["samples (sensor, at)"], ["samples (sensor)"], ["samples (sensor, at DESC)"]],
        covering=True,
    ),
    Case(
        "Counted by state in a table of wide rows",
        "CREATE UNLOGGED TABLE cases (id bigint PRIMARY KEY, state int NOT NULL, t text, u text, v text);"
        + fill("cases", "n", spread(12), TEXT, TEXT, TEXT),
        [query("SELECT state, count(*) FROM cases GROUP BY state")],
        best=[["cases (state)"]],
        worse=[["cases (id)"]],
    ),
    Case(
        "Sums by day of one account",
        "CREATE UNLOGGED TABLE postings (id bigint PRIMARY KEY, account int NOT NULL, day date NOT NULL, "
        "cents int NOT NULL, t text);"
        + fill("postings", "n", spread(150), f"date '2024-01-01' + {spread(365, 1)}::int", spread(10**6, 2), TEXT),
        [query("SELECT day, sum(cents) FROM postings WHERE account = $1 GROUP BY day ORDER BY day", ["17"], ["149"])],
        best=[["postings (account, day) INCLUDE (cents)"], ["postings (account, day, cents)"]],
        worse=[["postings (account)"], ["postings (account, day)"], ["postings (day)"]],
        covering=True,
    ),
)

KINDS = (Kind("grouping", CASES),)
