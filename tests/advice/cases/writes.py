"""Tables that are written far more than read: an index has to earn its upkeep."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

CASES = (
    Case(
        "A log of a million lines a day, searched once",
        "CREATE UNLOGGED TABLE access_log (id bigint NOT NULL, host text NOT NULL, status int NOT NULL, line text);"
        + fill("access_log", "n", f"'host' || {spread(5000)}", f"200 + {spread(300, 1)}", TEXT),
        [
            query("INSERT INTO access_log VALUES ($1, $2, 200, 'GET /')", ["1", "host17"], calls=1_000_000),
            query("SELECT * FROM access_log WHERE host = $1", ["host4711"], calls=1),
            query("SELECT * FROM access_log WHERE status = $1", ["499"], ["287"], calls=1),
        ],
        best=[NONE],
        worse=[["access_log (host)"], ["access_log (status)"], ["access_log (host)", "access_log (status)"]],
    ),
    Case(
        "Counters whose updates are HOT as long as no index is on the count",
        """
        CREATE UNLOGGED TABLE counters (id bigint PRIMARY KEY, hits int NOT NULL, label text) WITH (fillfactor = 70);
        """
        + fill("counters", "n", spread(100_000), TEXT),
        [
            query("UPDATE counters SET hits = hits + 1 WHERE id = $1", ["17"], ["29999"], calls=500_000),
            query("SELECT * FROM counters ORDER BY hits DESC LIMIT 10", calls=5),
        ],
        best=[NONE],
        worse=[["counters (hits)"], ["counters (hits DESC)"]],
    ),
    Case(
        "Sessions that are touched all the time and cleaned up once an hour",
        """
        CREATE UNLOGGED TABLE sessions (token bigint PRIMARY KEY, seen timestamp NOT NULL,
            data text) WITH (fillfactor = 70);
        """
        + fill("sessions", "n", f"timestamp '2025-01-01' + {spread(86400)} * interval '1 s'", TEXT),
        [
            query("UPDATE sessions SET seen = '2025-01-02' WHERE token = $1", ["17"], ["29999"], calls=200_000),
            query("DELETE FROM sessions WHERE seen < '2025-01-01 00:10'", calls=1),
        ],
        best=[NONE],
        worse=[["sessions (seen)"]],
    ),
    Case(
        "Rows come in, and are read ten times as often",
        "CREATE UNLOGGED TABLE comments (id bigint NOT NULL, post int NOT NULL, body text);"
        + fill("comments", "n", spread(3000), TEXT),
        [
            query("INSERT INTO comments VALUES ($1, $2, 'agreed')", ["1", "17"], calls=1000),
            query("SELECT * FROM comments WHERE post = $1", ["17"], ["2999"], calls=10_000),
        ],
        best=[["comments (post)"]],
        worse=[["comments (id)"]],
    ),
    Case(
        "Of two indexes only the one that is read earns its upkeep",
        "CREATE UNLOGGED TABLE positions (id bigint NOT NULL, vehicle int NOT NULL, road int NOT NULL, raw text);"
        + fill("positions", "n", spread(2500), spread(2500, 1), TEXT),
        [
            query("INSERT INTO positions VALUES ($1, $2, $3, '')", ["1", "17", "4"], calls=200_000),
            query("SELECT * FROM positions WHERE vehicle = $1", ["17"], ["2400"], calls=20_000),
            query("SELECT * FROM positions WHERE road = $1", ["99"], calls=2),
        ],
        best=[["positions (vehicle)"]],
        worse=[["positions (road)"], ["positions (vehicle)", "positions (road)"]],
    ),
    Case(
        "A state that changes all the time, listed now and then",
        """
        CREATE UNLOGGED TABLE machines (id bigint PRIMARY KEY, state text NOT NULL, log text) WITH (fillfactor = 70);
        """
        + fill("machines", "n", pick(*["idle"] * 30, "run", "stop", "halt"), TEXT),
        [
            query("UPDATE machines SET state = $2 WHERE id = $1", ["17", "run"], ["200", "halt"], calls=1_000_000),
            query("SELECT * FROM machines WHERE state = 'halt'", calls=10),
        ],
        best=[NONE],
        worse=[["machines (state)"], ["machines (id) WHERE state = 'halt'"]],
    ),
    Case(
        "Rows come in done, and the few that are not are looked for: their index costs the others nothing",
        """
        CREATE UNLOGGED TABLE imports (id bigint NOT NULL, source int NOT NULL, done boolean NOT NULL, text text);
        """
        + fill("imports", "n", spread(100), f"{spread(300, 1)} <> 0", TEXT),
        [
            query("INSERT INTO imports VALUES ($1, $2, true, '')", ["1", "17"], calls=200_000),
            query("SELECT * FROM imports WHERE NOT done AND source = $1", ["17"], ["99"], calls=100),
        ],
        best=[["imports (source) WHERE NOT done"], ["imports (id) WHERE NOT done"]],
        worse=[["imports (source)"], ["imports (source, done)"]],
    ),
)

KINDS = (Kind("writes", CASES),)
