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
    assert (query_of(logged), format_of(plan_of(logged))) == (SQL, form)


def test_a_query_in_text_format_may_have_several_lines_and_parameters() -> None:
    logged = b"Query Text: select a\nfrom t\n\nwhere b = $1\nQuery Parameters: $1 = 'x'\n" + NODE
    assert (query_of(logged), plan_of(logged)) == (b"select a\nfrom t\n\nwhere b = $1", NODE)


def test_a_plan_that_was_cut_has_no_query_or_its_beginning() -> None:
    assert query_of(JSON[:20]) == b""
    assert query_of(b"Query Text: select a\nfr") == b"select a\nfr"
