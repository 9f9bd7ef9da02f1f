"""BRIN: columns that grow with the table; and where a BRIN index would be of no use."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import fill, spread

_MANY = 500_000

CASES = (
    Case(
        "A week of readings, under a tight budget",
        "CREATE UNLOGGED TABLE readings (at timestamptz NOT NULL, sensor int NOT NULL, value real NOT NULL);"
        + fill(
            "readings",
            "timestamptz '2024-01-01 00:00+00' + n * interval '1 minute'",
            spread(100),
            spread(1000, 1),
            rows=_MANY,
        ),
        [
            query(
                "SELECT avg(value) FROM readings WHERE at >= $1 AND at < $2",
                ["2024-03-01 00:00+00", "2024-03-08 00:00+00"],
                ["2024-10-01 00:00+00", "2024-10-08 00:00+00"],
            )
        ],
        best=[["readings USING brin (at)"]],
        worse=[["readings (at)"]],
        budget_bytes=1_000_000,
    ),
    Case(
        "A range of log numbers, under a tight budget",
        "CREATE UNLOGGED TABLE log (number bigint NOT NULL, level int NOT NULL, source int NOT NULL, line text);"
        + fill("log", "1000000 + n", spread(5), spread(300, 1), "'line ' || n", rows=_MANY),
        [
            query(
                "SELECT level, count(*) FROM log WHERE number BETWEEN $1 AND $2 GROUP BY level",
                ["1100000", "1120000"],
                ["1400000", "1420000"],
            )
        ],
        best=[["log USING brin (number)"]],
        worse=[["log (number)"]],
        budget_bytes=500_000,
    ),
    Case(
        "A column in no order, under a budget that holds no b-tree: a BRIN index would find nothing",
        "CREATE UNLOGGED TABLE draws (id bigint NOT NULL, number int NOT NULL, weight real NOT NULL);"
        + fill("draws", "n", spread(10**6), spread(1000, 1), rows=200_000),
        [query("SELECT avg(weight) FROM draws WHERE number BETWEEN $1 AND $2", ["5000", "7000"], ["900000", "902000"])],
        best=[NONE],
        worse=[["draws USING brin (number)"], ["draws (number)"]],
        never=["USING brin"],
        budget_bytes=500_000,
    ),
    Case(
        "Single rows of a large table, by a column that grows: no BRIN index finds them as a b-tree does",
        "CREATE UNLOGGED TABLE scans (code bigint NOT NULL, gate int NOT NULL, weight real NOT NULL);"
        + fill("scans", "n * 3", spread(40), spread(1000, 1), rows=200_000),
        [query("SELECT * FROM scans WHERE code = $1", ["300"], ["450000"], calls=10_000)],
        best=[["scans (code)"]],
        worse=[["scans USING brin (code)"]],
        never=["USING brin"],
    ),
    Case(
        "Nearly in order, and a smaller range than the whole: the column is not the first that grows",
        "CREATE UNLOGGED TABLE orders (id int NOT NULL, placed int NOT NULL, shipped int NOT NULL, total int NOT NULL);"
        + fill("orders", "n", "n / 10", f"n / 10 + {spread(20)}", spread(1000, 1), rows=_MANY),
        [query("SELECT sum(total) FROM orders WHERE shipped BETWEEN $1 AND $2", ["1000", "1500"], ["40000", "40900"])],
        best=[["orders USING brin (shipped)"]],
        worse=[["orders USING brin (total)"], ["orders (shipped)"]],
        budget_bytes=800_000,
    ),
)

KINDS = (Kind("brin", CASES),)
