"""The rules, one per file. Each has a NAME and `find(question)`, which gives a move for each place where its pattern
is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from dbopt.rewrite.question import Move, Question
from dbopt.rewrite.rules import (
    cast_on_column,
    count_to_exists,
    function_to_index,
    function_to_range,
    having_to_where,
    in_to_exists,
    left_join_to_inner,
    needless_distinct,
    needless_join,
    not_in_to_not_exists,
    offset_to_keyset,
    or_to_union_all,
    push_into_cte,
    scalar_subqueries_to_lateral,
    scalar_subquery_to_join,
    union_to_union_all,
)

Rule = Callable[[Question], Iterator[Move]]

RULES: Mapping[str, Rule] = {
    module.NAME: module.find
    for module in (
        not_in_to_not_exists,
        in_to_exists,
        count_to_exists,
        having_to_where,
        left_join_to_inner,
        needless_join,
        needless_distinct,
        union_to_union_all,
        function_to_range,
        or_to_union_all,
        cast_on_column,
        push_into_cte,
        scalar_subquery_to_join,
        scalar_subqueries_to_lateral,
    )
}

# What gives another statement, which needs values that only the application has.
TEMPLATES: Mapping[str, Rule] = {offset_to_keyset.NAME: offset_to_keyset.find}

HINT = function_to_index.NAME
NAMES = (*RULES, *TEMPLATES, HINT)
