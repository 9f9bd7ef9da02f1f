"""Pages in a real browser: Chromium asks for nothing, complains of nothing, and shows what it should."""

from __future__ import annotations

import bz2
import io
import os
import tarfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dbopt.output.html import explained
from dbopt.plan.findings.model import Finding
from tests import browser
from tests.browser import Page
from tests.output.html.explained import explained as one
from tests.output.html.explained import node, plan, plans, scan, wide
from tests.output.html.test_page import compared, hostile_plan, timing, timings

SLOW = node(
    "Hash Join",
    scan("orders", ms=60.0, rows=500, Plan_Rows=100, Filter="(orders.status = 'open'::text)", Output=["orders.id"]),
    node("Hash", scan("customers", ms=9.0), ms=10.0, **{"Hash Batches": 4}),
    ms=100.0,
    rows=500,
    Hash_Cond="(orders.customer_id = customers.id)",
)
FAST = node("Nested Loop", node("Index Scan", Index_Name="orders_status", Relation_Name="orders", ms=1.0), ms=2.0)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if browser.program() is None and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed (tests/install_servers.sh)")
    with browser.running() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _as_at_first(page: Page) -> None:
    page.resize(1280, 900)
    page.media()


def a_comparison() -> str:
    before = timings(
        timing("a", (100.0, 101.0, 99.0, 100.5), plan(SLOW), sql="SELECT *\nFROM orders"),
        timing("b", (5.0, 5.1, 5.2, 5.3), plan(scan("t", ms=5.0)), sql=f"SELECT {'x, ' * 400} 1 FROM t"),
    )
    after = timings(
        timing("a", (2.0, 2.1, 1.9, 2.0), plan(FAST), sql="SELECT *\nFROM orders"),
        timing("b", (5.0, 5.1, 5.2, 5.3), plan(scan("t", ms=5.0)), sql=f"SELECT {'x, ' * 400} 1 FROM t"),
    )
    return compared(before, after, remarks=("Nothing was left out.",))


def a_plan() -> str:
    finding = Finding("spill", "the hash table went to disk", "Raise work_mem.", ("SET work_mem = '64MB'",), node=2)
    return explained.html(plans(one(plan(SLOW, Execution_Time=100.0), findings=(finding,), sql="SELECT 1")))


def many_plans() -> str:
    return explained.html(plans(*(one(plan(wide(30)), name=f"S{n}", sql="SELECT 1") for n in range(12))))


def hostile() -> str:
    return explained.html(plans(one(hostile_plan(), sql="x" * 30_000, name="</title><script>alert(1)</script>" * 9)))


PAGES = {"comparison": a_comparison, "plan": a_plan, "many": many_plans, "hostile": hostile}


@pytest.fixture(params=list(PAGES))
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.html"
    path.write_text(PAGES[request.param](), "utf-8")
    return path


def opened(page: Page, file: Path, *, unfolded: bool = True) -> Page:
    page.open(file.as_uri())
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    return page


# -- what it does not do -----------------------------------------------------------------------------------------------


def test_a_page_asks_for_nothing_and_complains_of_nothing(page: Page, file: Path) -> None:
    opened(page, file)
    page.screenshot(whole=True)
    assert page.requests == [file.as_uri()]
    assert page.complaints == []


def test_a_page_from_a_server_asks_it_for_nothing_more(page: Page, file: Path) -> None:
    with served(file.read_bytes()) as (address, asked):
        page.open(address)
        page.evaluate("new Promise(done => setTimeout(done, 300))")
    assert [path for path in asked if path != "/favicon.ico"] == ["/"]
    assert page.requests == [address]


def test_the_browser_itself_is_heard_when_a_page_does_act(page: Page, tmp_path: Path) -> None:
    """The two tests above are worth what this one is."""
    path = tmp_path / "acting.html"
    path.write_text(
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
        "<p style='color: red'>x</p><script>alert(1)</script><img src='http://127.0.0.1:9/'>"
    )
    page.open(path.as_uri())
    assert len(page.complaints) >= 3


def test_no_text_of_a_plan_becomes_an_element(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(hostile(), "utf-8")
    opened(page, path)
    assert page.evaluate("document.querySelectorAll('script, img, iframe, [onload], [onerror], [style]').length") == 0
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    assert "alert(1)" in page.evaluate("document.body.innerText")


@contextmanager
def served(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """The page at an address on the loopback interface, and the paths that are asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content if self.path == "/" else b"")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()


# -- what it shows -----------------------------------------------------------------------------------------------------


def test_the_tree_has_a_row_for_every_node(page: Page, tmp_path: Path) -> None:
    for number, root in enumerate((SLOW, wide(2000))):
        document = plan(root)
        path = tmp_path / f"{number}.html"
        path.write_text(explained.html(plans(one(document))), "utf-8")
        page.open(path.as_uri())
        assert page.evaluate("document.querySelectorAll('.tree li').length") == str(document).count("'Node Type'")


def test_the_numbers_of_rows_are_those_that_links_name(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    path.write_text(a_plan(), "utf-8")
    page.open(path.as_uri())
    page.evaluate("document.querySelector('.findings a').click()")
    assert page.evaluate("document.querySelector(':target').querySelector('b').textContent") == "Hash"
    assert page.evaluate("document.querySelector('.findings a').textContent") == "node 3"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_not_blank(page: Page, file: Path, scheme: str) -> None:
    page.resize(500, 500)
    page.media(scheme=scheme)
    colours = pixels(opened(page, file).screenshot())
    ground, most = max(colours.items(), key=lambda item: item[1])
    total = sum(colours.values())
    assert most < 0.98 * total
    assert len(colours) > 20
    assert (sum(ground) > 600) == (scheme == "light")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "dark"), (1280, "light")])
def test_a_page_never_scrolls_sideways(page: Page, file: Path, width: int, scheme: str) -> None:
    page.resize(width, 800, phone=width == 360)
    page.media(scheme=scheme)
    opened(page, file)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("innerWidth") == width


def test_plans_stand_beside_each_other_where_there_is_room(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(a_comparison(), "utf-8")
    tops = "[...document.querySelectorAll('.two > .plan')].map(one => Math.round(one.getBoundingClientRect().top))"
    page.resize(1400, 900)
    first, second = opened(page, path).evaluate(tops)
    assert first == second
    page.resize(360, 900)
    first, second = page.evaluate(tops)
    assert first < second


def test_the_json_is_a_click_away(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    path.write_text(a_plan(), "utf-8")
    opened(page, path)
    place = page.evaluate(
        "(() => { const one = document.querySelector('.json pre'); one.scrollIntoView();"
        " const box = one.getBoundingClientRect(); return [box.x + 20, box.y + 20] })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
    assert page.evaluate("JSON.parse(getSelection().toString())") == plan(SLOW, Execution_Time=100.0)


def test_the_archive_can_be_taken_away(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "many.html"
    path.write_text(many_plans(), "utf-8")
    page.browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=True)
    opened(page, path)
    page.evaluate("document.querySelector('a[download]').click()")
    page.browser.wait_for(lambda event: event["params"].get("state") == "completed")
    with tarfile.open(fileobj=io.BytesIO(bz2.decompress((tmp_path / "plans.tar.bz2").read_bytes()))) as tar:
        assert len(tar.getnames()) == 12


def test_details_are_open_in_print(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(a_comparison(), "utf-8")
    opened(page, path, unfolded=False)
    seen = "document.querySelector('.st .inner').checkVisibility({contentVisibilityAuto: true})"
    assert page.evaluate(seen) is False
    page.media("print")
    assert any(page.evaluate(seen) for _ in _frames())
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") >= 2


# -- for those who do not see it or have no mouse ----------------------------------------------------------------------


def test_everything_that_can_be_reached_has_a_name(page: Page, file: Path) -> None:
    opened(page, file)
    found = page.call("Accessibility.getFullAXTree")["nodes"]
    spoken = ("link", "button", "DisclosureTriangle", "heading", "image", "img", "group", "region", "columnheader")
    unnamed = [
        one
        for one in found
        if not one["ignored"]
        and one["role"]["value"] in spoken
        and not one.get("name", {}).get("value", "").strip()
        and _focusable_or_landmark(one)
    ]
    assert unnamed == []
    assert sum(one["role"]["value"] == "main" for one in found if "role" in one) == 1


def _focusable_or_landmark(one: dict[str, Any]) -> bool:
    focusable = any(item["name"] == "focusable" and item["value"]["value"] for item in one.get("properties", ()))
    return focusable or one["role"]["value"] in ("heading", "image", "img", "region", "columnheader")


def test_headings_go_down_by_one_level_at_a_time(page: Page, file: Path) -> None:
    opened(page, file)
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_a_statement_opens_by_keyboard(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(a_comparison(), "utf-8")
    opened(page, path, unfolded=False)
    page.evaluate("document.querySelector('.st summary').focus()")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    assert page.evaluate("document.querySelector('.st details').open") is True


def test_headers_of_tables_say_what_they_head(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(a_comparison(), "utf-8")
    opened(page, path)
    assert page.evaluate("document.querySelectorAll('th').length") > 10
    assert page.evaluate("document.querySelectorAll('th:not([scope])').length") == 0


# -- pictures ----------------------------------------------------------------------------------------------------------


def pixels(png: bytes) -> dict[tuple[int, int, int], int]:
    """How often each colour is in a picture of 8 bits a channel, by its red, green and blue."""
    width, height, depth, kind = (*_numbers(png, 16), png[24], png[25])
    assert (depth, kind in (2, 6)) == (8, True)
    step = 3 if kind == 2 else 4
    data = zlib.decompress(b"".join(_chunks(png, b"IDAT")))
    counts: dict[tuple[int, int, int], int] = {}
    before = bytearray(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        before = _unfiltered(data[start], data[start + 1 : start + 1 + width * step], before, step)
        if y % 4 == 0:  # a quarter of the rows says enough
            for x in range(0, len(before), step):
                colour = (before[x], before[x + 1], before[x + 2])
                counts[colour] = counts.get(colour, 0) + 1
    return counts


def _numbers(png: bytes, at: int) -> tuple[int, int]:
    return int.from_bytes(png[at : at + 4]), int.from_bytes(png[at + 4 : at + 8])


def _chunks(png: bytes, wanted: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        if png[at + 4 : at + 8] == wanted:
            yield png[at + 8 : at + 8 + length]
        at += length + 12


def _unfiltered(kind: int, line: bytes, above: bytearray, step: int) -> bytearray:
    """A row of a PNG as it is drawn (PNG specification, 9.2)."""
    out = bytearray(line)
    for x in range(len(out)):
        left = out[x - step] if x >= step else 0
        corner = above[x - step] if x >= step else 0
        guess = (0, left, above[x], (left + above[x]) // 2, _paeth(left, above[x], corner))[kind]
        out[x] = (out[x] + guess) & 255
    return out


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


def _frames() -> Iterator[None]:
    """What is folded is drawn a frame after the medium has changed."""
    for _ in range(100):
        yield
        time.sleep(0.02)
