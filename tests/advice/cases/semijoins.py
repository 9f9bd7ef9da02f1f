"""EXISTS and its opposite."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "Customers of a region who complained",
        """
        CREATE UNLOGGED TABLE customers (id int PRIMARY KEY, region int NOT NULL, text text);
        CREATE UNLOGGED TABLE complaints (id bigint PRIMARY KEY, customer int NOT NULL, text text);
        """
        + fill("customers", "n", spread(1500), TEXT)
        + fill("complaints", "n", f"1 + {spread(30_000)}", TEXT),
        [
            query(
                "SELECT * FROM customers c WHERE region = $1 "
                "AND EXISTS (SELECT FROM complaints x WHERE x.customer = c.id)",
                ["17"],
                ["1499"],
            )
        ],
        best=[["customers (region)", "complaints (customer)"]],
        worse=[["customers (region)"], ["complaints (customer)"]],
    ),
    Case(
        "Members of a club who never paid",
        """
        CREATE UNLOGGED TABLE members (id int PRIMARY KEY, club int NOT NULL, text text);
        CREATE UNLOGGED TABLE fees (id bigint PRIMARY KEY, member int NOT NULL, text text);
        """
        + fill("members", "n", spread(1500), TEXT)
        + fill("fees", "n", f"1 + {spread(30_000)}", TEXT),
        [
            query(
                "SELECT * FROM members m WHERE club = $1 AND NOT EXISTS (SELECT 1 FROM fees f WHERE f.member = m.id)",
                ["17"],
                ["1499"],
            )
        ],
        best=[["members (club)", "fees (member)"]],
        worse=[["members (club)"], ["fees (member)"]],
    ),
    Case(
        "IN with a query that finds few",
        """
        CREATE UNLOGGED TABLE labels (id int PRIMARY KEY, name text NOT NULL, photo int NOT NULL, text text);
        CREATE UNLOGGED TABLE photos (id int PRIMARY KEY, text text);
        """
        + fill("photos", "n", TEXT)
        + fill("labels", "n", f"'label ' || {spread(6000)}", f"1 + {spread(30_000, 1)}", TEXT),
        [
            query(
                "SELECT * FROM photos WHERE id IN (SELECT photo FROM labels WHERE name = $1)",
                ["label 17"],
                ["label 5999"],
            )
        ],
        best=[["labels (name)"]],
        worse=[["labels (photo)"]],
    ),
    Case(
        "A count in a subquery for each row",
        """
        CREATE UNLOGGED TABLE forums (id int PRIMARY KEY, owner int NOT NULL, text text);
        CREATE UNLOGGED TABLE threads (id bigint PRIMARY KEY, forum int NOT NULL, text text);
        """
        + fill("forums", "n", spread(500), TEXT, rows=5000)
        + fill("threads", "n", f"1 + {spread(5000)}", TEXT),
        [
            query(
                "SELECT f.id, (SELECT count(*) FROM threads t WHERE t.forum = f.id) FROM forums f WHERE f.id = $1",
                ["17"],
                ["4999"],
            )
        ],
        best=[["threads (forum)"]],
        worse=[["forums (owner)"]],
    ),
)

KINDS = (Kind("semijoins", CASES),)
