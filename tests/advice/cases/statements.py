"""Statements of other kinds: changes, locks, windows; and comparisons that no index serves."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

CASES = (
    Case(
        "Rows that are updated by another column than the key",
        """
        CREATE UNLOGGED TABLE quotes (id bigint PRIMARY KEY, vendor int NOT NULL, read boolean NOT NULL, text text)
        WITH (fillfactor = 70);
        """
        + fill("quotes", "n", spread(3000), "false", TEXT),
        [query("UPDATE quotes SET read = true WHERE vendor = $1", ["17"], ["2999"])],
        best=[["quotes (vendor)"]],
        worse=[["quotes (vendor, read)"], ["quotes (read)"]],
    ),
    Case(
        "Rows that are deleted with those of another table",
        """
        CREATE UNLOGGED TABLE batches (id int PRIMARY KEY, code text NOT NULL, text text);
        CREATE UNLOGGED TABLE vials (id bigint PRIMARY KEY, batch int NOT NULL, text text);
        """
        + fill("batches", "n", "'batch ' || n", TEXT, rows=10_000)
        + fill("vials", "n", f"1 + {spread(10_000)}", TEXT),
        [query("DELETE FROM vials v USING batches b WHERE v.batch = b.id AND b.code = $1", ["batch 17"], ["batch 42"])],
        best=[["vials (batch)", "batches (code)"]],
        worse=[["vials (batch)"], ["batches (code)"]],
    ),
    Case(
        "The next of a queue, which others may not take",
        "CREATE UNLOGGED TABLE queue (id bigint PRIMARY KEY, topic int NOT NULL, due int NOT NULL, message text);"
        + fill("queue", "n", spread(50), spread(10**6, 1), TEXT),
        [query("SELECT * FROM queue WHERE topic = $1 ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED", ["7"], ["49"])],
        best=[["queue (topic, due)"]],
        worse=[["queue (topic)"], ["queue (due)"]],
    ),
    Case(
        "Numbers within a window, of one group",
        "CREATE UNLOGGED TABLE laps (id bigint PRIMARY KEY, rider int NOT NULL, ms int NOT NULL, track text);"
        + fill("laps", "n", spread(300), spread(10**6, 1), TEXT),
        [
            query(
                "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY rider ORDER BY ms) AS place FROM laps) "
                "WHERE rider = $1 AND place <= 3",
                ["17"],
                ["299"],
            )
        ],
        # the planner does not foresee that the first stops early
        best=[["laps (rider, ms)"], ["laps (rider)"]],
        worse=[["laps (ms)"]],
    ),
    Case(
        "The latest state of a vehicle, by a subquery",
        "CREATE UNLOGGED TABLE states (id bigint PRIMARY KEY, vehicle int NOT NULL, at int NOT NULL, text text);"
        + fill("states", "n", spread(500), spread(10**6, 1), TEXT),
        [
            query(
                "SELECT * FROM states WHERE vehicle = $1 AND at = (SELECT max(at) FROM states WHERE vehicle = $1)",
                ["17"],
                ["499"],
            )
        ],
        best=[["states (vehicle, at)"], ["states (vehicle, at DESC)"]],
        worse=[["states (vehicle)"], ["states (at)"]],
    ),
    Case(
        "What is not equal is most of the table",
        "CREATE UNLOGGED TABLE alerts (id bigint PRIMARY KEY, level text NOT NULL, text text);"
        + fill("alerts", "n", pick("info", "warning", "error"), TEXT),
        [query("SELECT * FROM alerts WHERE level <> $1", ["info"], ["error"])],
        best=[NONE],
        worse=[["alerts (level)"]],
    ),
    Case(
        "IS NOT DISTINCT FROM, which no index serves",
        "CREATE UNLOGGED TABLE rooms (id bigint PRIMARY KEY, tenant int, text text);"
        + fill("rooms", "n", f"nullif({spread(3000)}, 0)", TEXT),
        [query("SELECT * FROM rooms WHERE tenant IS NOT DISTINCT FROM $1", ["17"], ["2999"])],
        best=[NONE],
        worse=[["rooms (tenant)"]],
    ),
    Case(
        "A sum over the column prevents its index",
        "CREATE UNLOGGED TABLE loans (id bigint PRIMARY KEY, due date NOT NULL, days int NOT NULL, text text);"
        + fill("loans", "n", f"date '2015-01-01' + {spread(3600)}::int", spread(3600, 1), TEXT),
        [query("SELECT * FROM loans WHERE due + days = $1", ["2024-02-03"], ["2020-05-05"])],
        best=[["loans ((due + days))"]],
        worse=[["loans (due)"], ["loans (due, days)"], ["loans (days)"]],
    ),
)

KINDS = (Kind("statements", CASES),)
