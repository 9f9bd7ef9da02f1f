"""Joins and foreign keys without an index."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "The lines of one invoice",
        """
        CREATE UNLOGGED TABLE invoices (id int PRIMARY KEY, customer int NOT NULL);
        CREATE UNLOGGED TABLE invoice_lines (id bigint PRIMARY KEY, invoice int NOT NULL REFERENCES invoices,
            text text);
        """
        + fill("invoices", "n", spread(2000), rows=10_000)
        + fill("invoice_lines", "n", f"1 + {spread(10_000)}", TEXT),
        [query("SELECT * FROM invoices i JOIN invoice_lines l ON l.invoice = i.id WHERE i.id = $1", ["17"], ["9999"])],
        best=[["invoice_lines (invoice)"]],
        worse=[["invoices (customer)"]],
    ),
    Case(
        "From the name by two joins to the lines",
        """
        CREATE UNLOGGED TABLE clients (id int PRIMARY KEY, name text NOT NULL, text text);
        CREATE UNLOGGED TABLE orders (id int PRIMARY KEY, client int NOT NULL REFERENCES clients, text text);
        CREATE UNLOGGED TABLE lines (id bigint PRIMARY KEY, order_id int NOT NULL REFERENCES orders,
            article int, text text);
        """
        + fill("clients", "n", "'client ' || n", TEXT, rows=10_000)
        + fill("orders", "n", f"1 + {spread(10_000)}", TEXT)
        + fill("lines", "n", f"1 + {spread(30_000, 1)}", spread(100, 2), TEXT),
        [
            query(
                "SELECT l.* FROM clients c JOIN orders o ON o.client = c.id JOIN lines l ON l.order_id = o.id "
                "WHERE c.name = $1",
                ["client 17"],
                ["client 9999"],
            )
        ],
        best=[["clients (name)", "orders (client)", "lines (order_id)"]],
        worse=[["clients (name)"], ["clients (name)", "orders (client)"], ["orders (client)", "lines (order_id)"]],
    ),
    Case(
        "A tree in one table",
        "CREATE UNLOGGED TABLE employees (id int PRIMARY KEY, manager int REFERENCES employees, "
        "name text NOT NULL, text text);" + fill("employees", "n", "nullif(n / 8, 0)", "'employee ' || n", TEXT),
        [
            query(
                "SELECT e.name, m.name FROM employees m JOIN employees e ON e.manager = m.id WHERE m.id = $1",
                ["17"],
                ["2000"],
            )
        ],
        best=[["employees (manager)"]],
        worse=[["employees (name)"]],
    ),
    Case(
        "Rows of a large table that belong to few of another",
        """
        CREATE UNLOGGED TABLE devices (id int PRIMARY KEY, site int NOT NULL, text text);
        CREATE UNLOGGED TABLE alarms (id bigint PRIMARY KEY, device int NOT NULL, raised timestamp NOT NULL, text text);
        """
        + fill("devices", "n", spread(1000), TEXT, rows=5000)
        + fill("alarms", "n", f"1 + {spread(5000)}", "timestamp '2024-01-01' + n * interval '1 minute'", TEXT),
        [
            query(
                "SELECT a.* FROM devices d JOIN alarms a ON a.device = d.id WHERE d.site = $1",
                ["17"],
                ["999"],
                calls=500,
            )
        ],
        best=[["devices (site)", "alarms (device)"]],
        worse=[["devices (site)"], ["alarms (device)"]],
    ),
    Case(
        "A join on two columns",
        """
        CREATE UNLOGGED TABLE flights (carrier text, number int, gate int NOT NULL, PRIMARY KEY (carrier, number));
        CREATE UNLOGGED TABLE seats (id bigint PRIMARY KEY, carrier text NOT NULL, flight int NOT NULL, text text);
        """
        + fill("flights", "'C' || n % 10", "n", spread(100), rows=1000)
        + fill("seats", "n", "'C' || n % 10", f"(n % 10) + 10 * {spread(100)}", TEXT),
        [
            query(
                "SELECT s.* FROM flights f JOIN seats s ON s.carrier = f.carrier AND s.flight = f.number "
                "WHERE f.carrier = $1 AND f.number = $2",
                ["C1", "101"],
                ["C9", "919"],
            )
        ],
        best=[["seats (carrier, flight)"], ["seats (flight, carrier)"], ["seats (flight)"]],
        worse=[["seats (carrier)"]],
    ),
    Case(
        "The latest orders of the customers of a city",
        """
        CREATE UNLOGGED TABLE buyers (id int PRIMARY KEY, city int NOT NULL, text text);
        CREATE UNLOGGED TABLE deals (id bigint PRIMARY KEY, buyer int NOT NULL, at int NOT NULL, text text);
        """
        + fill("buyers", "n", spread(3000), TEXT)
        + fill("deals", "n", f"1 + {spread(30_000)}", spread(10**6, 1), TEXT),
        [
            query(
                "SELECT d.* FROM buyers b JOIN deals d ON d.buyer = b.id WHERE b.city = $1 ORDER BY d.at DESC LIMIT 5",
                ["17"],
                ["2999"],
            )
        ],
        best=[["buyers (city)", "deals (buyer)"]],
        worse=[["deals (at)"], ["buyers (city)"], ["deals (buyer)"]],
    ),
    Case(
        "A left join to what may be missing",
        """
        CREATE UNLOGGED TABLE parcels (id int PRIMARY KEY, route int NOT NULL, text text);
        CREATE UNLOGGED TABLE proofs (id bigint PRIMARY KEY, parcel int, text text);
        """
        + fill("parcels", "n", spread(3000), TEXT)
        + fill("proofs", "n", f"CASE WHEN {spread(2, 1)} = 0 THEN 1 + {spread(30_000)} END", TEXT),
        [query("SELECT * FROM parcels p LEFT JOIN proofs x ON x.parcel = p.id WHERE p.route = $1", ["17"], ["2999"])],
        # what is NULL need not be in the index
        best=[["parcels (route)", "proofs (parcel)"], ["parcels (route)", "proofs (parcel) WHERE parcel IS NOT NULL"]],
        worse=[["parcels (route)"], ["proofs (parcel)"]],
    ),
    Case(
        "The latest price of each of some articles",
        """
        CREATE UNLOGGED TABLE goods (id int PRIMARY KEY, aisle int NOT NULL, text text);
        CREATE UNLOGGED TABLE quotes (id bigint PRIMARY KEY, good int NOT NULL, at int NOT NULL, price int NOT NULL,
            text text);
        """
        + fill("goods", "n", spread(100), TEXT, rows=500)
        + fill("quotes", "n", f"1 + {spread(500)}", spread(10**6, 1), spread(1000, 2), TEXT),
        [
            query(
                "SELECT g.id, (SELECT price FROM quotes q WHERE q.good = g.id ORDER BY at DESC LIMIT 1) "
                "FROM goods g WHERE g.id < $1",
                ["20"],
                ["40"],
            )
        ],
        best=[["quotes (good, at)"], ["quotes (good, at DESC)"]],
        worse=[["quotes (good)"], ["quotes (at)"]],
    ),
)

KINDS = (Kind("joins", CASES),)
