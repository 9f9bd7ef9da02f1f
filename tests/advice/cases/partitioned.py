"""Partitioned tables: the index is the parent's."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

_DAY = f"date '2024-01-01' + {spread(360, 9)}::int"


def _months(table: str) -> str:
    return "".join(
        f"CREATE TABLE {table}_{month:02} PARTITION OF {table} "
        f"FOR VALUES FROM ('2024-{month:02}-01') TO ('{2024 + month // 12}-{month % 12 + 1:02}-01');"
        for month in range(1, 13)
    )


CASES = (
    Case(
        "One device in all months",
        "CREATE TABLE readings (day date NOT NULL, device int NOT NULL, value int NOT NULL, "
        "raw text) PARTITION BY RANGE (day);"
        + _months("readings")
        + fill("readings", _DAY, spread(3000), spread(100, 1), TEXT),
        [query("SELECT * FROM readings WHERE device = $1", ["7"], ["2999"])],
        best=[["readings (device)"]],
        worse=[["readings_02 (device)"], ["readings (day)"]],
    ),
    Case(
        "One shop on some days of a month: the partitions alone are too coarse",
        "CREATE TABLE sales (day date NOT NULL, shop int NOT NULL, total int NOT NULL, "
        "text text) PARTITION BY RANGE (day);"
        + _months("sales")
        + fill("sales", _DAY, spread(20), spread(100, 1), TEXT),
        [
            query(
                "SELECT * FROM sales WHERE shop = $1 AND day BETWEEN $2 AND $3",
                ["7", "2024-03-04", "2024-03-05"],
                ["19", "2024-06-05", "2024-06-06"],
            )
        ],
        best=[["sales (shop, day)"]],
        worse=[["sales (day)"], ["sales (shop)"]],
    ),
    Case(
        "A whole month: its partition is read anyway",
        "CREATE TABLE invoices (day date NOT NULL, amount int NOT NULL, text text) PARTITION BY RANGE (day);"
        + _months("invoices")
        + fill("invoices", _DAY, spread(100, 1), TEXT),
        [query("SELECT sum(length(text)) FROM invoices WHERE day >= '2024-05-01' AND day < '2024-06-01'")],
        best=[NONE],
        worse=[["invoices (day)"]],
    ),
    Case(
        "Partitions by list, looked up by another column",
        "CREATE TABLE users (region text NOT NULL, email text NOT NULL, profile text) PARTITION BY LIST (region);"
        + "".join(f"CREATE TABLE users_{r} PARTITION OF users FOR VALUES IN ('{r}');" for r in ("eu", "us", "apac"))
        + fill("users", pick("eu", "us", "apac"), "'user' || n || '@example.com'", TEXT),
        [
            query(
                "SELECT * FROM users WHERE region = $1 AND email = $2",
                ["eu", "user17@example.com"],
                ["us", "x@example.com"],
            ),
            query("SELECT profile FROM users WHERE email = $1", ["user5@example.com"]),
        ],
        best=[["users (email)"], ["users USING hash (email)"]],
        worse=[["users (region, email)"], ["users (region)"], ["users_eu (email)"]],
    ),
    Case(
        "Partitions by hash, whose key is local to each",
        "CREATE TABLE carts (id bigint NOT NULL, customer int NOT NULL, at timestamp NOT NULL, items text, "
        "PRIMARY KEY (id)) "
        "PARTITION BY HASH (id);"
        + "".join(
            f"CREATE TABLE carts_{n} PARTITION OF carts FOR VALUES WITH (MODULUS 4, REMAINDER {n});" for n in range(4)
        )
        + fill("carts", "n", spread(900), f"timestamp '2024-01-01' + {spread(500_000, 1)} * interval '1 minute'", TEXT),
        [
            query("SELECT * FROM carts WHERE customer = $1 ORDER BY at DESC LIMIT 5", ["7"], ["899"]),
            query("SELECT * FROM carts WHERE id = $1", ["17"]),
        ],
        best=[["carts (customer, at)"], ["carts (customer, at DESC)"]],
        worse=[["carts (customer)"], ["carts (at)"], ["carts (customer, at)", "carts (id)"]],
    ),
    Case(
        "An index of the parent is there",
        "CREATE TABLE metrics (day date NOT NULL, host int NOT NULL, text text) PARTITION BY RANGE (day);"
        + _months("metrics")
        + "CREATE INDEX metrics_host ON metrics (host);"
        + fill("metrics", _DAY, spread(3000), TEXT),
        [query("SELECT * FROM metrics WHERE host = $1", ["7"], ["2999"])],
        best=[NONE],
        worse=[["metrics (host)"], ["metrics (host, day)"]],
    ),
    Case(
        "Open ones in all months",
        "CREATE TABLE cases (day date NOT NULL, clerk int NOT NULL, open boolean NOT NULL, "
        "text text) PARTITION BY RANGE (day);"
        + _months("cases")
        + fill("cases", _DAY, spread(300), f"{spread(20, 1)} = 0", TEXT),
        [query("SELECT * FROM cases WHERE clerk = $1 AND open", ["7"], ["299"])],
        best=[["cases (clerk) WHERE open"]],
        worse=[["cases (clerk)"], ["cases (clerk, open)"]],
    ),
    Case(
        "Partitions of partitions",
        """
        CREATE TABLE hits (region text NOT NULL, shard int NOT NULL, page int NOT NULL, text text)
            PARTITION BY LIST (region);
        CREATE TABLE hits_eu PARTITION OF hits FOR VALUES IN ('eu') PARTITION BY HASH (shard);
        CREATE TABLE hits_eu_0 PARTITION OF hits_eu FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE hits_eu_1 PARTITION OF hits_eu FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE TABLE hits_rest PARTITION OF hits DEFAULT;
        """
        + fill("hits", pick("eu", "us"), spread(100, 1), spread(5000, 2), TEXT),
        [query("SELECT * FROM hits WHERE page = $1", ["17"], ["4999"])],
        best=[["hits (page)"]],
        worse=[["hits_rest (page)"], ["hits (region)"]],
    ),
    Case(
        "Tables that inherit: each needs its own",
        """
        CREATE TABLE bodies (id int NOT NULL, mass int NOT NULL, text text);
        CREATE TABLE stars (class int) INHERITS (bodies);
        CREATE TABLE planets (star int) INHERITS (bodies);
        """
        + fill("stars (id, mass, text)", "n", spread(9000), TEXT)
        + fill("planets (id, mass, text)", "n", spread(9000, 1), TEXT),
        [query("SELECT id, mass, text FROM bodies WHERE mass = $1", ["17"], ["8999"])],
        best=[["stars (mass)", "planets (mass)"]],
        worse=[["bodies (mass)"], ["stars (mass)"]],
    ),
)

KINDS = (Kind("partitioned", CASES),)
