"""Columns that depend on each other, where the planner has been told so and where it has not."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "The postcode says the town, by extended statistics: the postcode is enough",
        """
        CREATE UNLOGGED TABLE addresses (id bigint PRIMARY KEY, town text NOT NULL, postcode int NOT NULL, text text);
        CREATE STATISTICS addresses_town (dependencies) ON town, postcode FROM addresses;
        """
        + fill("addresses", "n", f"'town at the river no. ' || {spread(20_000)} / 2000", spread(20_000), TEXT),
        [
            query(
                "SELECT * FROM addresses WHERE town = $1 AND postcode = $2",
                ["town at the river no. 0", "17"],
                ["town at the river no. 5", "10004"],
            )
        ],
        best=[["addresses (postcode)"]],
        worse=[["addresses (town)"], ["addresses (town, postcode)"], ["addresses (postcode, town)"]],
    ),
    Case(
        "The planner thinks that model and make are independent",
        "CREATE UNLOGGED TABLE cars (id bigint PRIMARY KEY, make text NOT NULL, model int NOT NULL, text text);"
        + fill("cars", "n", f"'make ' || {spread(1000)} / 20", spread(1000), TEXT),
        [query("SELECT * FROM cars WHERE make = $1 AND model = $2", ["make 3", "66"], ["make 49", "999"])],
        best=[["cars (make, model)"], ["cars (model, make)"], ["cars (model)"]],
        worse=[["cars (make)"]],
    ),
    Case(
        "Two columns that go together seldom, by a list of common combinations",
        """
        CREATE UNLOGGED TABLE shipments (id bigint PRIMARY KEY, paid boolean NOT NULL, sent boolean NOT NULL,
            text text);
        CREATE STATISTICS shipments_states (mcv) ON paid, sent FROM shipments;
        """
        + fill(
            "shipments",
            "n",
            f"{spread(400)} = 0 OR {spread(2, 1)} = 0",
            f"{spread(400)} <> 0 AND {spread(2, 1)} = 0",
            TEXT,
        ),
        [query("SELECT * FROM shipments WHERE paid AND NOT sent ORDER BY id")],
        best=[["shipments (id) WHERE paid AND NOT sent"]],
        worse=[["shipments (paid)"], ["shipments (sent)"], ["shipments (paid, sent)"], ["shipments (paid, sent, id)"]],
    ),
    Case(
        "A column that grows with the key finds its rows side by side",
        "CREATE UNLOGGED TABLE tracks (id bigint PRIMARY KEY, day date NOT NULL, vehicle int NOT NULL, text text);"
        + fill("tracks", "n", "date '2024-01-01' + n / 100", spread(4, 1), TEXT),
        [query("SELECT * FROM tracks WHERE day = $1 AND vehicle = $2", ["2024-03-03", "1"], ["2024-09-09", "3"])],
        best=[["tracks (day)"], ["tracks (day, vehicle)"], ["tracks (vehicle, day)"]],
        worse=[["tracks (vehicle)"]],
    ),
)

KINDS = (Kind("correlated", CASES),)
