"""Whole pages: what they hold, that nothing in them can act, and that they can be read."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from dbopt import resources
from dbopt.errors import CorruptDocument
from dbopt.index.advice import Advice, CreateAdvice, StatementCost
from dbopt.output.html import comparison, explained
from dbopt.plan.explain import Plans, explain
from dbopt.plan.findings.model import Finding
from dbopt.timing.compare import compare
from dbopt.timing.model import Timing, Timings
from tests.output.html.explained import deep, node, plan, plans, scan, wide
from tests.output.html.explained import explained as one
from tests.plan.plans import statement
from tests.servers import Database

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'\"><svg onload=alert(1)>",
    "</pre></details></main><h1>mine</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;&#x3c;",
    "\u202e\u2066right to left",
    "x" * 5000,
    "]]><!-- -->",
)


class Outline(HTMLParser):
    """What is on a page, and whether every element is closed in its turn."""

    VOID = frozenset(("meta", "rect", "br"))
    IMPLIED = frozenset(("li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "p"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in self.IMPLIED:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    found.close()
    return found


def hostile_plan() -> list[dict[str, Any]]:
    nodes = [
        node(
            text,
            ms=1.0,
            Relation_Name=text,
            Alias=text,
            Schema=text,
            Index_Name=text,
            Filter=text,
            Output=[text],
            Sort_Method=text,
            Subplan_Name=text,
            Sort_Key=[text],
            **{text: text},
        )
        for text in HOSTILE
    ]
    more = {
        "Settings": {text: text for text in HOSTILE},
        "Triggers": [{"Trigger Name": HOSTILE[0], "Relation": HOSTILE[1]}],
    }
    return [{"Plan": node("Append", *nodes, ms=20.0), **more, HOSTILE[1]: HOSTILE[2]}]


def timing(key: str, runs: tuple[float, ...], document: Any = None, **more: Any) -> Timing:
    fields: dict[str, Any] = {"sql": f"SELECT {key}", "plan_shape": str(document), "error": None, **more}
    return Timing(
        id=key,
        runs_ms=runs,
        median_ms=None,
        rows=1,
        shared_hit_blocks=1,
        shared_read_blocks=0,
        temp_blocks=0,
        plan=document,
        **fields,
    )


def compared(before: Timings, after: Timings, **more: Any) -> str:
    return comparison.html(compare(before, after), before, after, **more)


def timings(*statements: Timing) -> Timings:
    return Timings("18.1", {}, statements)


def hostile_pages() -> Iterator[str]:
    document = hostile_plan()
    for text in HOSTILE:
        finding = Finding(text, text, text, (text,), node=1)
        yield explained.html(plans(one(document, sql=text, name=text, note=text, findings=(finding,))))
        yield explained.html(plans(one(None, sql=text, name=None, error=text, hint=text), one(document, sql=text)))
        before = Timings(text, {text: text}, (timing(text, (9.0, 9.1), document, sql=text, name=text, error=text),))
        after = Timings("18", {}, (timing(text, (1.0, 1.1), plan(scan("t", ms=1.0)), sql=text, name=text),))
        index = CreateAdvice(
            text, text, text, "btree", (text,), (), "", 8192, 1.0, 0.0, (StatementCost(text, 2, 1),), text
        )
        advice = Advice("shadow", "18", None, None, 1, None, 2.0, 1.0, 8192, (index,), (), ())
        ends = {text: comparison.End("faster", text, text)}
        yield compared(before, after, advice=advice, remarks=(text,), ends=ends)


@pytest.mark.parametrize("number", range(3 * len(HOSTILE)))
def test_text_from_outside_is_text(number: int) -> None:
    text = list(hostile_pages())[number]
    found = outline(text)
    assert found.wrong == []
    assert not {tag for tag, _ in found.tags} & {"script", "img", "link", "iframe", "object"}
    assert [tag for tag, _ in found.tags].count("h1") == 1
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on") or name == "style"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)


def test_what_is_hostile_can_still_be_read() -> None:
    text = "".join("".join(outline(page).texts) for page in hostile_pages())
    for shown in ("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "‹U+202E›"):
        assert shown in text


def test_the_policy_lets_in_nothing_but_the_pages_own_style() -> None:
    text = explained.html(plans(one(plan(scan("t", ms=1.0)))))
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"https?://|@import|url\(", text)


def test_a_page_has_a_row_for_every_node_and_its_json() -> None:
    for root in (scan("t", ms=1.0), wide(2000), deep(150)):
        document = plan(root)
        found = outline(explained.html(plans(one(document))))
        assert found.wrong == []
        assert [tag for tag, _ in found.tags].count("li") == str(document).count("'Node Type'")
    small = plan(node("Limit", scan("t", Filter="(a < 'x'::text)"), ms=1.0))
    assert json.dumps(small, separators=(",", ":")) in "".join(outline(explained.html(plans(one(small)))).texts)


def test_many_plans_are_kept_in_an_archive() -> None:
    many = plans(*(one(plan(wide(50)), name=f"S{n}") for n in range(30)))
    text = explained.html(many)
    links = [attributes for tag, attributes in outline(text).tags if tag == "a" and "download" in attributes]
    assert len(links) == 1
    assert str(links[0]["href"]).startswith("data:application/x-bzip2;base64,")


def test_findings_stand_at_their_statement_and_lead_to_their_node() -> None:
    finding = Finding("seq-scan", "all of t is read", "Make an index.", ("CREATE INDEX ON t (a)",), node=1, share=0.9)
    text = explained.html(plans(one(plan(node("Limit", scan("t", ms=9.0), ms=10.0)), findings=(finding,))))
    said = "".join(outline(text).texts)
    assert "seq-scan (node 2, 90.0 % of the time): all of t is read. Make an index." in said
    assert "CREATE INDEX ON t (a)" in said
    assert "href=#1p2" in text
    assert "id=1p2" in text


def test_every_link_within_a_page_leads_somewhere() -> None:
    init = node("Aggregate", scan("a", ms=4.0), ms=5.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    root = node("Seq Scan", init, ms=20.0, Relation_Name="b", Alias="b", Filter="(b.x > (InitPlan 1).col1)")
    before, after = (
        timings(timing("a", (20.0, 20.1), plan(root))),
        timings(timing("a", (1.0, 1.1), plan(scan("b", ms=1.0)))),
    )
    for text in (explained.html(plans(one(plan(root)), one(plan(root)))), compared(before, after)):
        tags = outline(text).tags
        targets = [
            str(attributes["href"])[1:] for tag, attributes in tags if tag == "a" and str(attributes["href"])[0] == "#"
        ]
        names = [attributes["id"] for _, attributes in tags if "id" in attributes]
        assert targets
        assert set(targets) <= set(names)
        assert len(names) == len(set(names))


def test_a_comparison_shows_both_plans_and_what_changed() -> None:
    before = timings(timing("a", (20.0, 20.1, 20.2), plan(scan("t", ms=20.0))))
    index = node("Index Scan", ms=1.0, Index_Name="t_x", Relation_Name="t", Alias="t", Schema="public")
    after = timings(timing("a", (1.0, 1.1, 1.2), plan(index)))
    said = " ".join(outline(compared(before, after)).texts)
    for text in ("becomes Index Scan", "was Seq Scan", "Before", "After", "faster", "20.1 ms", "1.10 ms"):
        assert text in said


def test_the_same_plan_is_shown_once() -> None:
    before = timings(timing("a", (20.0, 20.1), plan(scan("t", ms=20.0, Filter="(a = 1)"))))
    after = timings(timing("a", (19.0, 20.2), plan(scan("t", ms=19.0, Filter="(a = 2)"))))
    text = compared(before, after)
    assert "The same plan before and after" in text
    assert text.count("<b>Seq Scan</b>") == 1


def test_a_comparison_without_plans_shows_their_shapes() -> None:
    before = timings(timing("a", (20.0, 20.1), plan_shape="Seq Scan t"), timing("b", (), error="no such table"))
    after = timings(timing("a", (1.0, 1.1), plan_shape="Index Scan t"), timing("c", (5.0,)))
    said = " ".join(outline(compared(before, after)).texts)
    for text in ("Seq Scan t", "Index Scan t", "no such table", "only measured after"):
        assert text in said


def test_a_comparison_of_nothing_is_a_page() -> None:
    found = outline(compared(timings(), timings()))
    assert found.wrong == []


@pytest.mark.parametrize(
    "key", ["Node Type", "Total Cost", "Plan Rows", "Actual Rows", "Actual Loops", "Actual Total Time"]
)
def test_a_plan_that_lacks_a_key_is_drawn_or_refused(key: str) -> None:
    document = plan(node("Limit", scan("t", ms=1.0), ms=2.0))
    del document[0]["Plan"]["Plans"][0][key]
    if key == "Node Type":
        with pytest.raises(CorruptDocument):
            explained.html(plans(one(document)))
    else:
        assert "Seq Scan" in explained.html(plans(one(document)))


OTHERS: tuple[Any, ...] = (None, True, -1, 1e308, "x", [], {}, [None], {"a": []})


def test_a_plan_with_values_of_other_types_is_drawn_or_refused() -> None:
    """Each value of a plan in turn, and each of several others in its place."""
    document = copy.deepcopy(hostile_plan())
    document[0]["Plan"]["Plans"] = document[0]["Plan"]["Plans"][:1]
    document[0] |= {
        "JIT": {"Timing": {"Total": 1.0}, "Options": {"Inlining": True}},
        "Planning": {"Shared Hit Blocks": 1},
    }
    document[0]["Plan"] |= {
        "Workers": [{"Worker Number": 0, "Sort Method": "x"}],
        "Full-sort Groups": {"Group Count": 1},
    }
    drawn = refused = 0
    draw = random.Random(3)
    for change in _changes(document):
        for value in draw.sample(OTHERS, 4):
            changed = copy.deepcopy(document)
            change(changed, value)
            try:
                explained.html(plans(one(changed)))
                drawn += 1
            except CorruptDocument:
                refused += 1
    assert drawn > 100
    assert refused > 20


def _changes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[Callable[[Any, Any], None]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:

        def change(document: Any, other: Any, place: tuple[Any, ...] = (*path, key)) -> None:
            for step in place[:-1]:
                document = document[step]
            document[place[-1]] = other

        yield change
        yield from _changes(item, (*path, key))


# -- real plans --------------------------------------------------------------------------------------------------------

STATEMENTS = (
    "SELECT * FROM items ORDER BY price, sku",
    "WITH c AS MATERIALIZED (SELECT customer_id, count(*) n FROM orders GROUP BY 1) SELECT * FROM c JOIN c b USING (n)",
    "SELECT * FROM orders o WHERE total > (SELECT avg(total) FROM orders)"
    " AND EXISTS (SELECT FROM items i WHERE i.order_id = o.id)",
    "SELECT customer_id, rank() OVER (PARTITION BY customer_id ORDER BY total) FROM orders",
    "SELECT * FROM orders WHERE false",
    "SELECT 1 UNION ALL SELECT generate_series(1, 3)",
)


@pytest.mark.parametrize("analyze", [True, False], ids=["run", "planned"])
def test_plans_of_every_server_are_drawn(shop: Database, *, analyze: bool) -> None:
    done = [explain(shop.session, statement(sql), analyze=analyze) for sql in STATEMENTS]
    text = explained.html(Plans(shop.session.server_version, {}, tuple(done)))
    found = outline(text)
    nodes = sum(len(one.tree.nodes) for one in done if one.tree)
    assert found.wrong == []
    assert text.count("<div class=tree>\n<div class=cols") == len(STATEMENTS)
    trees = re.findall(r"<div class=tree>\n<div class=cols.*?\n</div>", text, re.DOTALL)
    assert sum(tree.count("<li") for tree in trees) == nodes
    assert len(trees) == len(STATEMENTS)
    assert "used by" in text


# -- colours -----------------------------------------------------------------------------------------------------------

ON_GROUND = (
    *((ink, ground) for ink in ("ink", "soft", "link") for ground in ("page", "card", "code")),
    *((verdict, f"{verdict}-tint") for verdict in ("faster", "slower", "same", "inconclusive")),
    *(("ink", ground) for ground in ("cool-box", "warm-box", "hot-box", "faster-tint", "slower-tint", "same-tint")),
    *(("change", "change-tint"), ("bad", "bad-tint"), ("soft", "same-tint"), ("bad", "card"), ("bad", "code")),
    *(("faster", "code"), ("slower", "card"), ("knee", "card"), ("ink", "inconclusive-tint")),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), ON_GROUND, ids=" on ".join)
def test_text_stands_out_from_its_ground(scheme: str, ink: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5:1."""
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", _scheme(scheme)))
    lighter, darker = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def _scheme(name: str) -> str:
    style = resources.template("report/style.css.j2") or ""
    light, _, rest = style.partition("@media (prefers-color-scheme: dark)")
    return light if name == "light" else rest.partition("}\n}")[0]


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_commands_in_a_remedy_look_like_commands_and_nothing_else_acts() -> None:
    finding = Finding("spill", "`sort` went to disk", "See `dbopt suggest`; not <b>`</b>.", node=0)
    page = explained.html(plans(one(plan(node("Sort", ms=1.0)), findings=(finding,))))
    assert "See <code>dbopt suggest</code>; not &lt;b&gt;`&lt;/b&gt;." in page


def test_what_a_query_identifier_is_stays() -> None:
    page = explained.html(plans(one(plan(node("Result", ms=1.0), Query_Identifier=-1234567))))
    assert "-1234567" in page
