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
)

KINDS = (Kind("together", CASES),)
