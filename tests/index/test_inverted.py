"""Sizes of GIN indexes, and the keys of values."""

from __future__ import annotations

import pytest

from dbopt.index.inverted import GinSize, Keys, gin_size, zipf_rest
from dbopt.index.keys import EXTRACTED, Width, jsonb_keys, jsonb_paths, of_elements, of_sample, trigrams


def test_more_rows_never_make_it_smaller() -> None:
    keys = Keys((0.5, 0.1), 5.0, 10_000, 8.0)
    sizes = [gin_size(10.0**power, 10**power // 50 + 1, [keys]).blocks for power in range(10)]
    assert sizes == sorted(sizes)


def test_without_rows_there_are_the_metapage_and_a_root() -> None:
    assert gin_size(0, 0, [Keys((), 3.0, 100, 4.0)]) == GinSize(1, 0, 0)
    assert gin_size(0, 0, [Keys((), 3.0, 100, 4.0)]).blocks == 2


def test_few_keys_have_posting_trees_and_many_have_none() -> None:
    few, many = Keys((0.5, 0.5), 1.0, 0, 4.0), Keys((), 1.0, 1e6, 4.0)
    assert gin_size(1e6, 20_000, [few]).data_pages > 50 * gin_size(1e6, 20_000, [few]).entry_pages
    assert gin_size(1e6, 20_000, [many]).data_pages == 0


def test_several_columns_add_up() -> None:
    one, two = Keys((0.5,), 3.0, 5000, 8.0), Keys((), 1.0, 1000, 4.0)
    both = gin_size(1e5, 2000, [one, two])
    assert both.entries == pytest.approx(gin_size(1e5, 2000, [one]).entries + gin_size(1e5, 2000, [two]).entries, abs=2)


def test_parts_are_scaled_to_the_blocks_that_there_are() -> None:
    scaled = GinSize(40, 60, 1000).scaled(201)
    assert scaled == GinSize(80, 120, 2000)
    assert scaled.blocks == 201


def test_frequencies_go_on_falling() -> None:
    assert zipf_rest(0.001, 1000, 0.0, 1e6) == 0
    assert zipf_rest(0.001, 1000, 3.0, 1e6) == pytest.approx(1000 * (2.718281828**3 - 1), rel=1e-6)
    assert zipf_rest(1e-9, 10, 5.0, 1e6) == 5e6


def test_jsonb_has_names_and_values_as_keys() -> None:
    document = '{"a": {"b": [1, "x"]}, "c": null, "d": true}'
    assert set(jsonb_keys(document)) == {"ka", "kb", "kc", "kd", "v1", "kx", "vNone", "vTrue"}
    assert len(jsonb_paths(document)) == 4


def test_words_have_their_trigrams() -> None:
    assert set(trigrams("Cat-a")) == {"  c", " ca", "cat", "at ", "  a", " a "}


def test_a_sample_tells_what_is_the_same_in_all_documents_from_what_is_not() -> None:
    sample = [(f'{{"id": {n + 10}, "kind": {n % 3}}}', 0.01) for n in range(100)]
    keys = of_sample("jsonb_ops", sample, 50_000)
    assert keys is not None
    assert len(keys.common) == 2 + 3
    assert keys.rest == pytest.approx(50_000, rel=0.05)
    assert keys.per_row == pytest.approx(4)


@pytest.mark.parametrize("opclass", EXTRACTED)
def test_no_sample_no_keys(opclass: str) -> None:
    assert of_sample(opclass, [], 1000) is None


def test_a_list_that_accounts_for_all_elements_is_complete() -> None:
    assert of_elements([0.5] * 10, 5.0, 1e6, Width(4, varies=False)).rest == 0
    assert of_elements([0.001] * 1000, 5.0, 1e6, Width(4, varies=False)).rest > 10_000
