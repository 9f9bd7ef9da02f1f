"""Names: schemas, quotes, aliases."""

from tests.advice.case import Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, spread

CASES = (
    Case(
        "Two tables of one name, in two schemas",
        """
        CREATE SCHEMA north;
        CREATE SCHEMA south;
        CREATE UNLOGGED TABLE north.members (id bigint PRIMARY KEY, card int NOT NULL, text text);
        CREATE UNLOGGED TABLE south.members (id bigint PRIMARY KEY, card int NOT NULL, text text);
        """
        + fill("north.members", "n", spread(9000), TEXT)
        + fill("south.members", "n", spread(9000), TEXT),
        [
            query("SELECT * FROM south.members WHERE card = $1", ["17"], ["2999"]),
            query("SELECT * FROM north.members WHERE id = $1", ["17"]),
        ],
        best=[["south.members (card)"]],
        worse=[["north.members (card)"]],
    ),
    Case(
        "Words of SQL, capitals and signs as names",
        """
        CREATE UNLOGGED TABLE "Table" ("Select" bigint PRIMARY KEY, "order" int NOT NULL,
                                      "50 %" int NOT NULL, "a""b" text);
        """
        + fill('"Table"', "n", spread(300), spread(200, 1), TEXT),
        [query('SELECT * FROM "Table" AS "User" WHERE "User"."order" = $1 AND "50 %" = $2', ["17", "3"], ["299", "7"])],
        best=[['"Table" ("order", "50 %")'], ['"Table" ("50 %", "order")']],
        worse=[['"Table" ("order")'], ['"Table" ("50 %")']],
    ),
    Case(
        "Aliases that are the names of other tables",
        """
        CREATE UNLOGGED TABLE boats (id int PRIMARY KEY, berth int NOT NULL, text text);
        CREATE UNLOGGED TABLE berths (id int PRIMARY KEY, boat int NOT NULL, text text);
        """
        + fill("boats", "n", spread(9000), TEXT)
        + fill("berths", "n", spread(9000, 1), TEXT),
        [query("SELECT * FROM boats AS berths WHERE berths.berth = $1", ["17"], ["8999"])],
        best=[["boats (berth)"]],
        worse=[["berths (id)"], ["berths (boat)"]],
    ),
    Case(
        "A column that several tables have, without its table",
        """
        CREATE UNLOGGED TABLE albums (album_id int PRIMARY KEY, artist int NOT NULL, cover text);
        CREATE UNLOGGED TABLE tracks (track_id int PRIMARY KEY, album_id int NOT NULL, score text);
        """
        + fill("albums", "n", spread(9000), TEXT)
        + fill("tracks", "n", f"1 + {spread(30_000, 1)}", TEXT),
        [query("SELECT score FROM albums JOIN tracks USING (album_id) WHERE artist = $1", ["17"], ["8999"])],
        best=[["albums (artist)", "tracks (album_id)"]],
        worse=[["albums (artist)"], ["tracks (album_id)"]],
    ),
)

# The session's search_path is that of an application which keeps its tables elsewhere.
ELSEWHERE = (
    Case(
        "Unqualified names along a search_path, past a table of that name in public",
        """
        CREATE UNLOGGED TABLE app.tenants (id bigint PRIMARY KEY, slug text NOT NULL, text text);
        CREATE UNLOGGED TABLE public.tenants (id bigint PRIMARY KEY, slug text NOT NULL, text text);
        """
        + fill("app.tenants", "n", "'tenant-' || n", TEXT)
        + fill("public.tenants", "n", "'tenant-' || n", TEXT, rows=2000),
        [query("SELECT * FROM tenants WHERE slug = $1", ["tenant-17"], ["tenant-29999"])],
        best=[["app.tenants (slug)"]],
        worse=[["public.tenants (slug)"]],
    ),
)

KINDS = (
    Kind("names", CASES),
    Kind(
        "names",
        ELSEWHERE,
        given="""
        CREATE SCHEMA app;
        DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app, public', current_database()); END $$;
        SET search_path = app, public;
        """,
    ),
)
