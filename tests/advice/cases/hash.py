"""Hash: equality on long keys, of which a b-tree would keep every byte; and where it does not do."""

from tests.advice.case import NONE, Case, Kind, query
from tests.advice.cases.rows import TEXT, fill

_URL = "'https://www.example.com/catalogue/' || md5(n::text) || '/' || md5(n::text) || '/page.html?session=' || n"
_FIFTH = "https://www.example.com/catalogue/{0}/{0}/page.html?session=5".format("e4da3b7fbbce2345d7772b0674a318d5")

CASES = (
    Case(
        "Pages by their URL",
        "CREATE UNLOGGED TABLE pages (id bigint PRIMARY KEY, url text NOT NULL, title text);"
        + fill("pages", "n", _URL, TEXT),
        [
            query("SELECT * FROM pages WHERE url = $1", [_FIFTH], ["https://www.example.com/"]),
            query("SELECT id, title FROM pages WHERE url = $1", ["https://example.org/x"]),
        ],
        best=[["pages USING hash (url)"]],
        worse=[["pages (url)"]],
    ),
    Case(
        "Sessions by their token",
        "CREATE UNLOGGED TABLE sessions (id bigint PRIMARY KEY, token varchar(200) NOT NULL, data text);"
        + fill("sessions", "n", "md5(n::text) || md5((n * 2)::text) || md5((n * 3)::text) || md5((n * 5)::text)", TEXT),
        [query("SELECT * FROM sessions WHERE token = $1", ["0" * 128], ["f" * 128], calls=5000)],
        best=[["sessions USING hash (token)"]],
        worse=[["sessions (token)"]],
    ),
    Case(
        "Long keys that are looked up and listed in order",
        "CREATE UNLOGGED TABLE files (id bigint PRIMARY KEY, path text NOT NULL, content text);"
        + fill("files", "n", "'/srv/' || md5(n::text) || '/' || md5((n * 2)::text)", TEXT),
        [
            query("SELECT * FROM files WHERE path = $1", ["/srv/x"]),
            query("SELECT * FROM files WHERE path > $1 ORDER BY path LIMIT 20", ["/srv/a"]),
        ],
        best=[["files (path)"]],
        worse=[["files USING hash (path)"], ["files (path)", "files USING hash (path)"]],
        never=["USING hash"],
    ),
    Case(
        "Short keys: a b-tree is no larger",
        "CREATE UNLOGGED TABLE cards (id bigint PRIMARY KEY, number int NOT NULL, holder text);"
        + fill("cards", "n", "n * 7 % 30011", TEXT),
        [query("SELECT * FROM cards WHERE number = $1", ["17"], ["29000"])],
        best=[["cards (number)"]],
        worse=[["cards USING hash (number)"]],
        never=["USING hash"],
    ),
    Case(
        "A unique constraint on the long key already serves",
        "CREATE UNLOGGED TABLE links (id bigint PRIMARY KEY, url text NOT NULL UNIQUE, title text);"
        + fill("links", "n", _URL, TEXT),
        [query("SELECT * FROM links WHERE url = $1", ["https://www.example.com/"])],
        best=[NONE],
        worse=[["links (url)"]],
        never=["USING hash"],
    ),
    Case(
        "Long keys in lists",
        "CREATE UNLOGGED TABLE blobs (id bigint PRIMARY KEY, digest text NOT NULL, text text);"
        + fill("blobs", "n", "md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text)", TEXT),
        [
            query("SELECT * FROM blobs WHERE digest IN ($1, $2, $3)", ["a", "b", "c"], ["d", "e", "f"]),
            query("SELECT text FROM blobs WHERE digest = $1", ["0" * 96]),
        ],
        best=[["blobs USING hash (digest)"]],
        worse=[["blobs (digest)"]],
    ),
)

KINDS = (Kind("hash", CASES),)
