"""Several statements, one storage budget: the whole workload counts, not each statement."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "One index for the column alone and with another",
        "CREATE UNLOGGED TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, day int NOT NULL, text text);"
        + fill("orders", "n", spread(300), spread(365, 1), TEXT),
        [
            query("SELECT * FROM orders WHERE customer = $1 AND day = $2", ["17", "4"], ["299", "300"]),
            query("SELECT * FROM orders WHERE customer = $1", ["17"], ["44"]),
        ],
        best=[["orders (customer, day)"]],
        worse=[["orders (customer)"], ["orders (day, customer)"], ["orders (customer)", "orders (customer, day)"]],
    ),
    Case(
        "The second column is asked for alone: so it comes first",
        "CREATE UNLOGGED TABLE grades (id bigint PRIMARY KEY, pupil int NOT NULL, subject int NOT NULL, text text);"
        + fill("grades", "n", spread(300), spread(300, 1), TEXT),
        [
            query("SELECT * FROM grades WHERE pupil = $1 AND subject = $2", ["17", "4"], ["200", "3"]),
            query("SELECT * FROM grades WHERE subject = $1", ["17"], ["44"]),
        ],
        best=[["grades (subject, pupil)"]],
        worse=[["grades (pupil, subject)"], ["grades (subject)"]],
    ),
    Case(
        "The budget holds one index: that of the statement that is called most",
        "CREATE UNLOGGED TABLE parcels (id bigint PRIMARY KEY, sender int NOT NULL, receiver int NOT NULL, text text);"
        + fill("parcels", "n", spread(9000), spread(9000, 1), TEXT),
        [
            query("SELECT * FROM parcels WHERE sender = $1", ["17"], ["44"], calls=100),
            query("SELECT * FROM parcels WHERE receiver = $1", ["17"], ["44"], calls=900),
        ],
        best=[["parcels (receiver)"]],
        worse=[["parcels (sender)"], ["parcels (sender)", "parcels (receiver)"]],
        budget_bytes=600_000,
    ),
    Case(
        "Two small indexes instead of a large one",
        "CREATE UNLOGGED TABLE books (id bigint PRIMARY KEY, author int NOT NULL, year int NOT NULL, "
        "title text NOT NULL, t text);"
        + fill(
            "books", "n", spread(2000), spread(3000, 1), "'The book of ' || md5(n::text) || md5((n * 2)::text)", TEXT
        ),
        [
            query("SELECT * FROM books WHERE author = $1", ["17"], ["44"], calls=100),
            query("SELECT * FROM books WHERE year = $1", ["17"], ["44"], calls=100),
            query(
                "SELECT * FROM books WHERE title > $1 ORDER BY title LIMIT 5",
                ["The book of ff"],
                ["The book of 0"],
                calls=120,
            ),
        ],
        best=[["books (author)", "books (year)"]],
        worse=[["books (title)"], ["books (author)"], ["books (year)"]],
        budget_bytes=900_000,
    ),
    Case(
        "A column that is asked for in one way of three",
        "CREATE UNLOGGED TABLE wines (id bigint PRIMARY KEY, grower int NOT NULL, vintage int NOT NULL, "
        "rating int NOT NULL, t text);" + fill("wines", "n", spread(100), spread(60, 1), spread(100, 2), TEXT),
        [
            query("SELECT * FROM wines WHERE grower = $1 AND vintage = $2", ["17", "4"], ["99", "59"]),
            query("SELECT * FROM wines WHERE grower = $1 ORDER BY vintage DESC LIMIT 5", ["17"], ["44"]),
            query("SELECT * FROM wines WHERE grower = $1 AND vintage > $2", ["17", "57"], ["44", "58"]),
        ],
        best=[["wines (grower, vintage)"], ["wines (grower, vintage DESC)"]],
        worse=[["wines (grower)"], ["wines (vintage)"], ["wines (vintage, grower)"]],
    ),
    Case(
        "Three equalities of which two would do",
        "CREATE UNLOGGED TABLE votes (id bigint PRIMARY KEY, poll int NOT NULL, voter int NOT NULL, "
        "valid int NOT NULL, t text);" + fill("votes", "n", spread(200), spread(5000, 1), spread(2, 2), TEXT),
        [query("SELECT * FROM votes WHERE poll = $1 AND voter = $2 AND valid = 1", ["17", "4"], ["99", "4999"])],
        best=[
            ["votes (poll, voter)"],
            ["votes (voter, poll)"],
            ["votes (poll, voter) WHERE valid = 1"],
            ["votes (voter, poll) WHERE valid = 1"],
            ["votes (voter) WHERE valid = 1"],
        ],
        worse=[["votes (poll)"], ["votes (valid)"], ["votes (voter)"]],
    ),
    Case(
        "A shop's ten statements",
        """
        CREATE UNLOGGED TABLE shoppers (id int PRIMARY KEY, email text NOT NULL, country text NOT NULL, text text);
        CREATE UNLOGGED TABLE purchases (id bigint PRIMARY KEY, shopper int NOT NULL, state text NOT NULL,
            at timestamp NOT NULL, text text);
        CREATE UNLOGGED TABLE purchase_lines (purchase bigint NOT NULL, line int NOT NULL, sku int NOT NULL, text text,
                                              PRIMARY KEY (purchase, line));
        """
        + fill("shoppers", "n", "'user' || n || '@example.com'", f"'C' || {spread(30)}", TEXT, rows=20_000)
        + fill(
            "purchases",
            "n",
            f"1 + {spread(20_000)}",
            f"CASE WHEN {spread(30, 1)} = 0 THEN 'open' ELSE 'done' END",
            "timestamp '2024-01-01' + n * interval '1 minute'",
            TEXT,
        )
        + fill("purchase_lines", "1 + n % 15000", "n / 15000", spread(9000), TEXT),
        [
            query(
                "SELECT * FROM shoppers WHERE lower(email) = $1",
                ["user17@example.com"],
                ["user4@example.com"],
                calls=1000,
            ),
            query("SELECT * FROM shoppers WHERE id = $1", ["17"], calls=5000),
            query("SELECT * FROM purchases WHERE shopper = $1 ORDER BY at DESC LIMIT 10", ["17"], ["19999"], calls=800),
            query("SELECT * FROM purchases WHERE state = 'open' ORDER BY at LIMIT 50", calls=300),
            query("SELECT * FROM purchase_lines WHERE purchase = $1", ["17"], calls=900),
            query("SELECT * FROM purchase_lines WHERE sku = $1", ["17"], ["8999"], calls=200),
            query(
                "SELECT p.*, l.* FROM purchases p JOIN purchase_lines l ON l.purchase = p.id WHERE p.shopper = $1",
                ["17"],
                ["44"],
                calls=100,
            ),
            query("SELECT count(*) FROM shoppers", calls=1),
            query("SELECT country, count(*) FROM shoppers GROUP BY country", calls=1),
            query("UPDATE purchases SET state = 'done' WHERE id = $1", ["17"], calls=200),
        ],
        best=[
            [
                "shoppers (lower(email))",
                "purchases (shopper)",
                "purchases (at) WHERE state = 'open'",
                "purchase_lines (sku)",
            ],
            [
                "shoppers (lower(email))",
                "purchases (shopper, at)",
                "purchases (at) WHERE state = 'open'",
                "purchase_lines (sku)",
            ],
        ],
        worse=[["shoppers (lower(email))", "purchases (shopper)", "purchases (state, at)", "purchase_lines (sku)"]],
    ),
    Case(
        "A tenant's messages: filters, search, order",
        """
        CREATE UNLOGGED TABLE posts (id bigint PRIMARY KEY, tenant int NOT NULL, author int NOT NULL, at int NOT NULL,
                                     tags text[] NOT NULL, pinned boolean NOT NULL, body text NOT NULL);
        """
        + fill(
            "posts",
            "n",
            spread(40),
            spread(2000, 1),
            spread(10**6, 2),
            f"ARRAY['t' || {spread(900, 3)}]",
            f"{spread(200, 4)} = 0",
            TEXT,
        ),
        [
            query("SELECT * FROM posts WHERE tenant = $1 ORDER BY at DESC LIMIT 20", ["7"], ["39"], calls=2000),
            query("SELECT * FROM posts WHERE author = $1", ["17"], ["1999"], calls=500),
            query("SELECT * FROM posts WHERE tags @> $1", ["{t17}"], ["{t899}"], calls=100),
            query("SELECT * FROM posts WHERE pinned AND tenant = $1", ["7"], ["39"], calls=300),
        ],
        best=[
            ["posts (tenant, at)", "posts (author)", "posts USING gin (tags)", "posts (tenant) WHERE pinned"],
            ["posts (tenant, at DESC)", "posts (author)", "posts USING gin (tags)", "posts (tenant) WHERE pinned"],
        ],
        worse=[["posts (tenant)", "posts (author)", "posts USING gin (tags)"], ["posts (at)", "posts (author)"]],
    ),
)

KINDS = (Kind("together", CASES),)
