"""What auto_explain writes."""

from __future__ import annotations

import pytest

from dbopt.workload.logs.plans import format_of, plan_of, query_of

SQL = b"select 'x <y> & \"z\" \\' from t"
NODE = b"Seq Scan on t  (cost=0.00..1.02 rows=2 width=32)\n  Filter: (a = 1)"
XML = (
    b'<explain xmlns="http://www.postgresql.org/2009/explain">\n'
    b"  <Query-Text>select 'x &lt;y&gt; &amp; \"z\" \\' from t</Query-Text>\n"
    b"  <Plan>\n    <Node-Type>Seq Scan</Node-Type>\n  </Plan>\n</explain>"
)
JSON = b'{\n  "Query Text": "select \'x <y> & \\"z\\" \\\\\' from t",\n  "Plan": {\n    "Node Type": "Seq Scan"\n  }\n}'
YAML = b'Query Text: "select \'x <y> & \\"z\\" \\\\\' from t"\nPlan: \n  Node Type: "Seq Scan"'


@pytest.mark.parametrize(
    ("logged", "form"), [(b"Query Text: " + SQL + b"\n" + NODE, "text"), (JSON, "json"), (XML, "xml"), (YAML, "yaml")]
)
def test_each_format_has_its_query(logged: bytes, form: str) -> None:
    assert (query_of(logged), format_of(plan_of(logged))) == ((SQL, b""), form)


def test_a_query_in_text_format_may_have_several_lines_and_parameters() -> None:
    logged = b"Query Text: select a\nfrom t\n\nwhere b = $1\nQuery Parameters: $1 = 'x'\n" + NODE
    assert query_of(logged) == (b"select a\nfrom t\n\nwhere b = $1", b"parameters: $1 = 'x'")
    assert plan_of(logged) == NODE


def test_values_of_parameters_may_look_like_a_plan() -> None:
    values = b"$1 = 'a\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)\nit''s', $2 = NULL, $3 = ''"
    logged = b"Query Text: select $1, $2, $3\nQuery Parameters: " + values + b"\n" + NODE
    assert (query_of(logged), plan_of(logged)) == ((b"select $1, $2, $3", b"parameters: " + values), NODE)


@pytest.mark.parametrize(
    "logged",
    [
        b'{\n  "Query Text": "select $1",\n  "Query Parameters": "$1 = \'a\\nb\'",\n  "Plan": {}\n}',
        b'Query Text: "select $1"\nQuery Parameters: "$1 = \'a\\nb\'"\nPlan: \n  Node Type: "Result"',
        b"<explain>\n<Query-Text>select $1</Query-Text>\n<Query-Parameters>$1 = 'a\nb'</Query-Parameters>\n</explain>",
    ],
)
def test_each_format_has_its_parameters(logged: bytes) -> None:
    assert query_of(logged) == (b"select $1", b"parameters: $1 = 'a\nb'")


def test_a_plan_that_was_cut_has_no_query_or_its_beginning() -> None:
    assert query_of(JSON[:20]) == (b"", b"")
    assert query_of(b"Query Text: select a\nfr") == (b"select a\nfr", b"")
