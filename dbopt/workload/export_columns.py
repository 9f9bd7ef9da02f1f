"""The columns of exports of statement statistics, told by their names, and the numbers in them. Pure.

Names are compared without case and punctuation; a unit may stand in them: `Avg execution time (ms)`, `total_time_us`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dbopt.errors import CorruptDocument, UsageError
from dbopt.units import MOST, milliseconds

_NAMES: dict[str, str] = {
    # what it is: its names in pg_stat_statements, PgHero, pganalyze, Azure, Google Cloud, RDS and others
    "text": """query query_sql_text query_text sql_text sql statement sql_statement normalized_query query_normalized
        query_string querystring truncated_query normalized_query_text db_sql_tokenized_statement db_sql_statement
        statement_text query_signature_text text""",
    "calls": """calls total_calls times_called execution_count executions exec_count call_count number_of_calls
        num_calls number_of_executions times_executed count total_executions""",
    "total": """total_time total_exec_time total_execution_time total_elapsed_time total_duration total_latency
        sum_time sum_exec_time exec_time execution_time total_query_time sum_duration""",
    "mean": """mean_time mean_exec_time avg_time average_time avg_exec_time avg_execution_time average_execution_time
        mean_execution_time avg_latency average_latency mean_latency avg_duration average_duration mean_duration
        average_execution_duration avg_query_time avg_latency_per_call time_per_call average_exec_time""",
    "rows": "rows row_count total_rows rows_returned rows_processed rows_affected rows_sent",
    "mean_rows": """avg_rows average_rows mean_rows rows_per_call avg_rows_returned average_rows_returned
        avg_rows_processed avg_rows_per_call average_row_count rows_per_execution""",
    "database": "database datname database_name db db_name dbname",
}
_BY_NAME = {name: what for what, names in _NAMES.items() for name in names.split()}
_UNIT_WORDS = {
    1.0: "ms msec msecs millisecond milliseconds",
    1e-3: "us usec usecs microsecond microseconds",
    1e-6: "ns nsec nsecs nanosecond nanoseconds",
    1e3: "s sec secs second seconds",
    6e4: "min mins minute minutes",
}
_UNITS = {word: factor for factor, words in _UNIT_WORDS.items() for word in words.split()}
_TIMES = ("total", "mean")
_COUNTED = re.compile(r"-?[\d.,\s_]*\d(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Columns:
    """The names of the columns by what they are, and what their values are multiplied with to be milliseconds."""

    names: Mapping[str, str]
    factors: Mapping[str, float]

    def text(self, row: Mapping[str, object], what: str) -> str | None:
        value = row.get(self.names[what]) if what in self.names else None
        return None if value is None or str(value).strip() == "" else str(value)

    def number(self, row: Mapping[str, object], what: str) -> float | None:
        """A count, or a time in milliseconds; None where there is none. Raises CorruptDocument."""
        text = self.text(row, what)
        if text is None or text.strip().lower() in ("null", "nan", "n/a", "-", "none"):
            return None
        try:
            return counted(_time(text, self.factors[what]) if what in _TIMES else _number(text))
        except (ValueError, UsageError):
            wanted = f"a number from 0 to {MOST}"
            raise CorruptDocument(f'column "{self.names[what]}": {text[:40]!r} is not {wanted}') from None


def recognised(names: Iterable[str]) -> Columns:
    """The columns among these names, the first of each. Raises CorruptDocument, with what was looked for, where there
    is no text of a statement or no number.
    """
    given = list(names)
    found: dict[str, str] = {}
    factors: dict[str, float] = {}
    for name in given:
        plain, factor = _without_unit(name)
        what = _BY_NAME.get(plain)
        if what is not None and what not in found:
            found[what], factors[what] = name, factor
    if "text" not in found or not {"calls", "total", "mean"} & found.keys():
        shown = ", ".join(given[:20]) or "none"
        raise CorruptDocument(f"these are no columns of statement statistics: {shown}", hint=_looked_for())
    return Columns(found, factors)


def counted(number: float) -> float:
    """The number. Raises ValueError for one that is no count or time."""
    if not 0 <= number <= MOST:
        raise ValueError(number)
    return number


def _looked_for() -> str:
    """The most common names."""
    wanted = {"text": "the statement", "calls": "calls", "total": "total time", "mean": "mean time", "rows": "rows"}
    return "; ".join(f"{said}: {', '.join(_NAMES[what].split()[:5])}" for what, said in wanted.items())


def _without_unit(name: str) -> tuple[str, float]:
    """`Avg execution time (ms)` is avg_execution_time in milliseconds, which are also meant where no unit stands."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    words = [word for word in re.split(r"[^0-9a-z]+", spaced.lower()) if word]
    if words[:2] == ["pg", "stat"]:  # pg_stat_statements.query
        words = words[3:]
    if len(words) > 1 and words[-1] in _UNITS:
        return "_".join(words[:-1]), _UNITS[words[-1]]
    return "_".join(words), 1.0


def _time(text: str, factor: float) -> float:
    match = re.fullmatch(r"\s*(.*?)\s*([a-zA-Zµ]*)\s*", text, re.DOTALL)
    if ":" in text:
        return milliseconds(text)
    if match is None or not match[2]:
        return _number(text) * factor
    return _number(match[1]) * _UNITS[match[2].lower().replace("µ", "u")] if _is_unit(match[2]) else milliseconds(text)


def _is_unit(word: str) -> bool:
    return word.lower().replace("µ", "u") in _UNITS


def _number(text: str) -> float:
    """1234.5, 1,234.5, 1.234,5, 1 234, 12,5: what stands last is the decimal sign, but for a lone comma in front of
    three digits. Raises ValueError.
    """
    plain = text.strip()
    if not _COUNTED.fullmatch(plain):
        raise ValueError(text)
    plain = re.sub(r"[\s_]", "", plain)
    if "," in plain:
        is_decimal = plain.rfind(",") > plain.rfind(".") and (
            "." in plain or (plain.count(",") == 1 and not re.search(r",\d{3}$", plain))
        )
        plain = plain.replace(".", "").replace(",", ".") if is_decimal else plain.replace(",", "")
    return float(plain)
