"""The cases, one module for each kind of them."""

from __future__ import annotations

from importlib import import_module

from tests.advice.case import Kind

NAMES = (
    "partial",
    "expression",
    "covering",
    "gin",
    "trigrams",
    "gist",
    "brin",
    "hash",
    "patterns",
    "topn",
    "partitioned",
    "writes",
    "existing",
    "redundant",
    "correlated",
    "joins",
    "lists",
    "grouping",
    "semijoins",
    "views",
    "tiny",
    "statements",
    "names",
    "types",
    "parameters",
    "together",
)

KINDS: tuple[Kind, ...] = tuple(kind for name in NAMES for kind in import_module(f"tests.advice.cases.{name}").KINDS)
