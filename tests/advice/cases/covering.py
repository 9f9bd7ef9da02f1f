"""Index-only scans: included columns that pay, and some that do not."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "The amounts of one customer",
        "CREATE UNLOGGED TABLE sales (id bigint PRIMARY KEY, customer int NOT NULL, amount int NOT NULL, memo text);"
        + fill("sales", "n", spread(600), spread(1000, 1), TEXT),
        [query("SELECT sum(amount) FROM sales WHERE customer = $1", ["7"], ["599"], calls=1000)],
        best=[["sales (customer) INCLUDE (amount)"], ["sales (customer, amount)"]],
        worse=[["sales (customer)"], ["sales (amount)"]],
        covering=True,
    ),
    Case(
        "The turnover of a week",
        "CREATE UNLOGGED TABLE receipts (id bigint PRIMARY KEY, day date NOT NULL, total int NOT NULL, items text);"
        + fill("receipts", "n", f"date '2024-01-01' + {spread(365)}::int", spread(10000, 1), TEXT),
        [
            query("SELECT sum(total) FROM receipts WHERE day BETWEEN $1 AND $2", ["2024-03-04", "2024-03-10"]),
            query("SELECT max(total) FROM receipts WHERE day = $1", ["2024-05-05"]),
        ],
        best=[["receipts (day) INCLUDE (total)"], ["receipts (day, total)"]],
        worse=[["receipts (day)"], ["receipts (total)"]],
        covering=True,
    ),
    Case(
        "Two statements, each of which reads another column: one index serves both",
        """
        CREATE UNLOGGED TABLE meters (id bigint PRIMARY KEY, device int NOT NULL, power int NOT NULL,
                                      voltage int NOT NULL, raw text);
        """
        + fill("meters", "n", spread(500), spread(1000, 1), spread(240, 2), TEXT),
        [
            query("SELECT avg(power) FROM meters WHERE device = $1", ["7"], ["211"], calls=500),
            query("SELECT avg(voltage) FROM meters WHERE device = $1", ["9"], ["499"], calls=500),
        ],
        best=[["meters (device) INCLUDE (power, voltage)"], ["meters (device, power, voltage)"]],
        worse=[
            ["meters (device)"],
            ["meters (device) INCLUDE (power)"],
            ["meters (device) INCLUDE (power)", "meters (device) INCLUDE (voltage)"],
        ],
        covering=True,
    ),
    Case(
        "A text that is too long to be in an index",
        "CREATE UNLOGGED TABLE pages (id bigint PRIMARY KEY, site int NOT NULL, html text NOT NULL);"
        + fill(
            "pages",
            "n",
            spread(400),
            "CASE WHEN n % 200 = 0 THEN (SELECT string_agg(md5((n * i)::text), '') FROM generate_series(1, 200) AS i) "
            "ELSE 'moved' END",
            rows=12_000,
        ),
        [query("SELECT html FROM pages WHERE site = $1", ["7"], ["399"])],
        best=[["pages (site)"]],
        never=[r"INCLUDE \(.*html", r"\(.*html.*\)"],
        impossible=["pages (site) INCLUDE (html)"],
    ),
    Case(
        "A budget that holds the keys and not what could be included",
        """
        CREATE UNLOGGED TABLE rides (id bigint PRIMARY KEY, driver int NOT NULL, fare numeric(12, 2) NOT NULL,
                                     tip numeric(12, 2) NOT NULL, toll numeric(12, 2) NOT NULL, route text);
        """
        + fill("rides", "n", spread(1000), *(f"{spread(10**8, salt)} / 100.0" for salt in (1, 2, 3)), TEXT),
        [query("SELECT fare, tip, toll FROM rides WHERE driver = $1", ["7"], ["388"])],
        best=[["rides (driver)"]],
        worse=[["rides (driver) INCLUDE (fare, tip, toll)"], ["rides (fare)"]],
        budget_bytes=600_000,
    ),
    Case(
        "An included column that is updated all the time would end HOT updates",
        """
        CREATE UNLOGGED TABLE balances (id bigint PRIMARY KEY, owner int NOT NULL, cents int NOT NULL, text text)
        WITH (fillfactor = 70);
        """
        + fill("balances", "n", spread(3000), spread(10**6, 1), TEXT),
        [
            query("UPDATE balances SET cents = cents + 1 WHERE id = $1", ["17"], ["29999"], calls=100_000),
            query("SELECT cents FROM balances WHERE owner = $1", ["17"], ["2999"], calls=1000),
        ],
        best=[["balances (owner)"]],
        worse=[["balances (owner) INCLUDE (cents)"], ["balances (owner, cents)"]],
        covering=True,
    ),
    Case(
        "Whether a row exists takes no column",
        "CREATE UNLOGGED TABLE grants (id bigint PRIMARY KEY, subject int NOT NULL, object int NOT NULL, text text);"
        + fill("grants", "n", spread(170), spread(170, 1), TEXT),
        [
            query(
                "SELECT EXISTS (SELECT 1 FROM grants WHERE subject = $1 AND object = $2)",
                ["17", "4"],
                ["99", "100"],
                calls=5000,
            )
        ],
        best=[["grants (subject, object)"], ["grants (object, subject)"]],
        worse=[["grants (subject)"], ["grants (object)"]],
    ),
)

KINDS = (Kind("covering", CASES),)
