"""GIN: documents, arrays and full text; and where it would be of no use."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill, pick, spread

_WORDS = " || ' ' || ".join(f"'word' || {spread(3000, salt)}" for salt in range(10, 18))

CASES = (
    Case(
        "Documents that contain a pair",
        "CREATE UNLOGGED TABLE events (id bigint PRIMARY KEY, doc jsonb NOT NULL);"
        + fill("events", "n", f"jsonb_build_object('user', {spread(3000)}, 'kind', {spread(20, 1)}, 'text', {TEXT})"),
        [
            query("SELECT * FROM events WHERE doc @> $1", ['{"user": 17}'], ['{"user": 2900, "kind": 3}']),
            query("SELECT * FROM events WHERE id = 5"),
        ],
        best=[["events USING gin (doc jsonb_path_ops)"], ["events USING gin (doc)"]],
        worse=[["events ((doc -> 'user'))"]],
    ),
    Case(
        "Documents that have a key",
        "CREATE UNLOGGED TABLE profiles (id bigint PRIMARY KEY, settings jsonb NOT NULL);"
        + fill("profiles", "n", f"jsonb_build_object('key' || {spread(500)}, n, 'key' || {spread(500, 1)}, {TEXT})"),
        [query("SELECT * FROM profiles WHERE settings ? $1", ["key17"], ["key499"])],
        best=[["profiles USING gin (settings)"]],
        never=["jsonb_path_ops"],
    ),
    Case(
        "Articles that have all of some tags",
        "CREATE UNLOGGED TABLE articles (id bigint PRIMARY KEY, tags text[] NOT NULL, body text);"
        + fill(
            "articles", "n", "ARRAY[" + ", ".join(f"'tag' || {spread(400, salt)}" for salt in (1, 2, 3)) + "]", TEXT
        ),
        [query("SELECT * FROM articles WHERE tags @> $1", ["{tag17}"], ["{tag3,tag5}"])],
        best=[["articles USING gin (tags)"]],
        worse=[["articles (tags)"]],
    ),
    Case(
        "Routes that share a stop with others",
        "CREATE UNLOGGED TABLE routes (id bigint PRIMARY KEY, stops int[] NOT NULL, timetable text);"
        + fill("routes", "n", "ARRAY[" + ", ".join(spread(2000, salt) for salt in (1, 2, 3, 4)) + "]::int[]", TEXT),
        [
            query("SELECT * FROM routes WHERE stops && $1", ["{17,1800}"], ["{3,4,5}"]),
            query("SELECT * FROM routes WHERE stops @> $1", ["{5}"], ["{1000}"]),
        ],
        best=[["routes USING gin (stops)"]],
        worse=[["routes (stops)"]],
    ),
    Case(
        "Words in a stored tsvector",
        """
        CREATE UNLOGGED TABLE posts (id bigint PRIMARY KEY, body text NOT NULL,
                                     words tsvector GENERATED ALWAYS AS (to_tsvector('english', body)) STORED);
        """
        + fill("posts (id, body)", "n", _WORDS),
        [
            query("SELECT id, body FROM posts WHERE words @@ to_tsquery('english', $1)", ["word17 & word5"], ["word9"]),
            query("SELECT body FROM posts WHERE words @@ plainto_tsquery('english', $1)", ["word100"]),
        ],
        best=[["posts USING gin (words)"]],
        worse=[["posts (body)"]],
        slower=[["posts USING gist (words)"]],
    ),
    Case(
        "Words of a text, by an expression",
        "CREATE UNLOGGED TABLE notes (id bigint PRIMARY KEY, body text NOT NULL);" + fill("notes", "n", _WORDS),
        [
            query(
                "SELECT * FROM notes WHERE to_tsvector('english', body) @@ plainto_tsquery('english', $1)",
                ["word17"],
                ["word5"],
            )
        ],
        best=[["notes USING gin (to_tsvector('english', body))"]],
        worse=[["notes (body)"]],
        impossible=["notes USING gin (to_tsvector(body))"],
    ),
    Case(
        "Words of a text, by the session's configuration: no index can hold it",
        "CREATE UNLOGGED TABLE memos (id bigint PRIMARY KEY, body text NOT NULL);" + fill("memos", "n", _WORDS),
        [query("SELECT * FROM memos WHERE to_tsvector(body) @@ plainto_tsquery($1)", ["word17"], ["word5"])],
        best=[NONE],
        impossible=["memos USING gin (to_tsvector(body))"],
    ),
    Case(
        "= ANY of an array's elements, which GIN does not serve",
        "CREATE UNLOGGED TABLE recipes (id bigint PRIMARY KEY, labels text[] NOT NULL, steps text);"
        + fill("recipes", "n", f"ARRAY['l' || {spread(300)}, 'l' || {spread(300, 1)}]", TEXT),
        [query("SELECT * FROM recipes WHERE $1 = ANY (labels)", ["l17"], ["l299"])],
        best=[NONE],
        worse=[["recipes USING gin (labels)"]],
    ),
    Case(
        "A part of a text, where pg_trgm is not installed",
        "CREATE UNLOGGED TABLE titles (id bigint PRIMARY KEY, title text NOT NULL);"
        + fill("titles", "n", f"{pick('The ', 'A ', 'My ')} || md5(n::text)"),
        [
            query("SELECT * FROM titles WHERE title LIKE $1", ["%c0ffee%"], ["%1234%"]),
            query("SELECT * FROM titles WHERE title ILIKE $1", ["%Beef%"], ["%C0FFE%"]),
        ],
        best=[NONE],
        worse=[["titles (title)"]],
        impossible=["titles USING gin (title gin_trgm_ops)"],
    ),
    Case(
        "Many rows come in, and no one searches them",
        "CREATE UNLOGGED TABLE inbox (id bigint NOT NULL, tags text[] NOT NULL, text text);"
        + fill("inbox", "n", "ARRAY[" + ", ".join(f"'tag' || {spread(400, salt)}" for salt in (1, 2, 3)) + "]", TEXT),
        [
            query("INSERT INTO inbox VALUES ($1, '{tag1,tag2}', '')", ["1"], calls=1_000_000),
            query("SELECT * FROM inbox WHERE tags @> $1", ["{tag17}"], ["{tag3,tag5}"], calls=1),
        ],
        best=[NONE],
        worse=[["inbox USING gin (tags)"]],
    ),
    Case(
        "Several keys of a document, together and alone",
        "CREATE UNLOGGED TABLE tickets (id bigint PRIMARY KEY, meta jsonb NOT NULL);"
        + fill(
            "tickets",
            "n",
            f"jsonb_build_object('a', {spread(900)}, 'b', {spread(900, 1)}, 'c', {spread(900, 2)}, 't', {TEXT})",
        ),
        [
            query("SELECT * FROM tickets WHERE meta @> $1", ['{"a": 17}'], ['{"b": 5, "c": 6}']),
            query("SELECT id FROM tickets WHERE meta @> $1", ['{"c": 17}']),
        ],
        best=[["tickets USING gin (meta jsonb_path_ops)"], ["tickets USING gin (meta)"]],
        worse=[["tickets ((meta ->> 'a'))"]],
    ),
    Case(
        "A list inside of a document",
        "CREATE UNLOGGED TABLE movies (id bigint PRIMARY KEY, doc jsonb NOT NULL);"
        + fill(
            "movies",
            "n",
            f"jsonb_build_object('cast', ARRAY['p' || {spread(3000)}, 'p' || {spread(3000, 1)}], 'text', {TEXT})",
        ),
        [
            query("SELECT * FROM movies WHERE doc -> 'cast' @> $1", ['["p17"]'], ['["p2999"]']),
            query("SELECT id FROM movies WHERE doc -> 'cast' @> $1", ['["p5"]']),
        ],
        best=[["movies USING gin ((doc -> 'cast') jsonb_path_ops)"], ["movies USING gin ((doc -> 'cast'))"]],
        worse=[["movies USING gin (doc)"], ["movies ((doc -> 'cast'))"]],
    ),
    Case(
        "A list in a text, split",
        "CREATE UNLOGGED TABLE surveys (id bigint PRIMARY KEY, choices text NOT NULL, text text);"
        + fill("surveys", "n", f"{spread(900)} || ',' || {spread(900, 1)} || ',' || {spread(900, 2)}", TEXT),
        [query("SELECT * FROM surveys WHERE string_to_array(choices, ',') @> $1", ["{17}"], ["{5,899}"])],
        best=[["surveys USING gin (string_to_array(choices, ','))"]],
        worse=[["surveys (choices)"]],
    ),
)

KINDS = (Kind("gin", CASES),)
