"""IN lists, and OR of several columns."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

CASES = (
    Case(
        "Some articles by their numbers",
        "CREATE UNLOGGED TABLE articles (id bigint PRIMARY KEY, sku int NOT NULL, text text);"
        + fill("articles", "n", spread(20_000), TEXT),
        [
            query("SELECT id, text FROM articles WHERE sku IN ($1, $2, $3)", ["17", "4711", "15000"]),
            query("SELECT * FROM articles WHERE sku = ANY ($1)", ["{1,2,3,4}"]),
        ],
        best=[["articles (sku)"]],
        worse=[["articles (sku) WHERE sku = 17"]],
    ),
    Case(
        "Sent or received by a user: an index for each",
        "CREATE UNLOGGED TABLE mails (id bigint PRIMARY KEY, sender int NOT NULL, recipient int NOT NULL, text text);"
        + fill("mails", "n", spread(3000), spread(3000, 1), TEXT),
        [query("SELECT * FROM mails WHERE sender = $1 OR recipient = $1", ["17"], ["2999"])],
        best=[["mails (sender)", "mails (recipient)"]],
        worse=[["mails (sender)"], ["mails (recipient)"], ["mails (sender, recipient)"]],
    ),
    Case(
        "An OR with a branch that no index finds",
        "CREATE UNLOGGED TABLE reports (id bigint PRIMARY KEY, author int NOT NULL, title text NOT NULL, text text);"
        + fill("reports", "n", spread(3000), "md5(n::text)", TEXT),
        [query("SELECT * FROM reports WHERE author = $1 OR title LIKE '%c0ffee%'", ["17"], ["2999"])],
        best=[NONE],
        worse=[["reports (author)"], ["reports (author)", "reports (title)"]],
    ),
    Case(
        "Some of the states, of one tenant",
        "CREATE UNLOGGED TABLE leads (id bigint PRIMARY KEY, tenant int NOT NULL, state text NOT NULL, text text);"
        + fill("leads", "n", spread(40), pick(*"abcdefghijklmnopqrst", salt=1), TEXT),
        [query("SELECT * FROM leads WHERE tenant = $1 AND state IN ($2, $3)", ["17", "a", "k"], ["31", "c", "d"])],
        best=[["leads (tenant, state)"], ["leads (state, tenant)"]],
        worse=[["leads (tenant)"], ["leads (state)"]],
    ),
    Case(
        "Pairs in a list",
        "CREATE UNLOGGED TABLE cells (id bigint PRIMARY KEY, x int NOT NULL, y int NOT NULL, text text);"
        + fill("cells", "n", spread(170), spread(170, 1), TEXT),
        [
            query(
                "SELECT * FROM cells WHERE (x, y) IN (($1, $2), ($3, $4))", ["1", "2", "30", "40"], ["7", "9", "8", "5"]
            )
        ],
        best=[["cells (x, y)"], ["cells (y, x)"]],
        worse=[["cells (x)"], ["cells (y)"]],
    ),
    Case(
        "An OR within one tenant",
        "CREATE UNLOGGED TABLE contracts (id bigint PRIMARY KEY, tenant int NOT NULL, buyer int NOT NULL, "
        "seller int NOT NULL, text text);" + fill("contracts", "n", spread(3), spread(4000, 1), spread(4000, 2), TEXT),
        [
            query(
                "SELECT * FROM contracts WHERE tenant = $1 AND (buyer = $2 OR seller = $2)", ["1", "17"], ["2", "3999"]
            )
        ],
        best=[
            ["contracts (buyer)", "contracts (seller)"],
            ["contracts (tenant, buyer)", "contracts (tenant, seller)"],
            ["contracts (buyer, tenant)", "contracts (seller, tenant)"],
        ],
        worse=[["contracts (tenant)"], ["contracts (buyer)"], ["contracts (tenant, buyer, seller)"]],
    ),
    Case(
        "A list of names in lower case",
        "CREATE UNLOGGED TABLE towns (id bigint PRIMARY KEY, name text NOT NULL, text text);"
        + fill("towns", "n", "'Town ' || n", TEXT),
        [query("SELECT * FROM towns WHERE lower(name) IN ($1, $2)", ["town 17", "town 4"], ["town 9", "town 29999"])],
        best=[["towns (lower(name))"], ["towns USING hash (lower(name))"]],
        worse=[["towns (name)"]],
    ),
)

KINDS = (Kind("lists", CASES),)
