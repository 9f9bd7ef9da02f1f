"""dbopt.toml and [tool.dbopt]."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbopt import config
from dbopt.errors import ConfigurationError, FileMissing


def test_without_a_file_everything_is_libpqs_business(tmp_path: Path) -> None:
    assert config.load(directory=tmp_path).dsn() is None


def test_dbopt_toml_goes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "dbopt.toml").write_text('dsn = "service=one"')
    (tmp_path / "pyproject.toml").write_text('[tool.dbopt]\ndsn = "service=two"')
    assert config.load(directory=tmp_path).dsn() == "service=one"


def test_pyproject_may_hold_the_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.dbopt]\ndsn = "service=two"')
    assert config.load(directory=tmp_path).dsn() == "service=two"


def test_a_pyproject_of_something_else_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"')
    assert config.load(directory=tmp_path).path is None


def test_a_database_is_chosen_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "dbopt.toml").write_text('[databases.billing]\ndsn = "service=billing"')
    assert config.load(directory=tmp_path).dsn("billing") == "service=billing"


def test_an_unknown_database_is_refused_and_the_known_ones_named(tmp_path: Path) -> None:
    (tmp_path / "dbopt.toml").write_text('[databases.billing]\ndsn = "service=billing"')
    with pytest.raises(ConfigurationError) as failure:
        config.load(directory=tmp_path).dsn("bills")
    assert failure.value.hint == "known: billing"


@pytest.mark.parametrize("text", ["dsn = ", "dsn = 1", "[databases]\nbilling = 3"])
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "dbopt.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        config.load(str(path)).dsn("billing" if "databases" in text else None)


def test_a_named_file_must_exist() -> None:
    with pytest.raises(FileMissing):
        config.load("nowhere.toml")
