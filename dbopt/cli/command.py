"""What all commands share: the common options, the connection, and where results and remarks go."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dbopt.cli.interrupts import is_interrupt, leave_by_exception
from dbopt.errors import ConfirmationRequired, FileError, Interrupted, UsageError

if TYPE_CHECKING:
    from dbopt.output.report import Report
    from dbopt.postgres.session import Session

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Format(StrEnum):
    """The output formats. A command has some of them."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    SQL = "sql"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


TABULAR = (Format.TABLE, Format.JSON, Format.CSV, Format.MARKDOWN)

_BY_SUFFIX = {
    ".json": Format.JSON,
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".sql": Format.SQL,
    ".html": Format.HTML,
    ".xml": Format.JUNIT,
    ".sarif": Format.SARIF,
}


@dataclass(frozen=True)
class Run:
    """One run of a command with its common options."""

    dsn: str | None = None
    db: str | None = None
    config: str | None = None
    format: Format | None = None
    outputs: tuple[Path, ...] = ()
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def check(self) -> None:
        """Refuse what could not be written in the end, before any work is done. Raises FileError."""
        for output in self.outputs:
            require_place(output, "-o")

    def spare(self, *inputs: Path | str | None) -> None:
        """Refuse an --output that would overwrite one of these files, or one of the .sql files in a folder. Raises
        UsageError.
        """
        for output in self.outputs:
            for given in inputs:
                if given is not None and _is_known_to_overwrite(output, Path(given)):
                    raise UsageError(f"-o {output} would overwrite {given}", hint="choose another file for the result")

    @property
    def output(self) -> Path | None:
        """The file of a command that writes only one. Raises UsageError where several were named."""
        if len(self.outputs) > 1:
            raise UsageError("this command writes one file", hint="give a single -o")
        return self.outputs[0] if self.outputs else None

    def connect(self) -> Session:
        """The session the user asked for: --dsn, else the configuration file's, else libpq's defaults."""
        from dbopt import config
        from dbopt.postgres.session import connect

        if self.dsn is not None and self.db is not None:
            raise UsageError("--dsn and --db exclude each other")
        if self.dsn is not None:
            return connect(self.dsn)
        if self.db is None and "DBOPT_DSN" in os.environ:
            return connect(os.environ["DBOPT_DSN"])
        return connect(config.load(self.config).dsn(self.db or os.environ.get("DBOPT_DB")))

    @property
    def names_a_server(self) -> bool:
        """Whether a server was named for dbopt, by an option or a variable of its own."""
        return not (self.dsn is None and self.db is None and {"DBOPT_DSN", "DBOPT_DB"}.isdisjoint(os.environ))

    def emit(self, report: Report) -> None:
        """Print a result, or write it to --output. The format is --format, else that of the file's suffix, else
        DBOPT_FORMAT, else a table on stdout and JSON, which other commands read, in a file.

        With several files, and with the format github, which is read from the log only, --format is that of stdout.
        """
        from dbopt.output import render

        preferred = _preferred_format()
        if not self.outputs:
            render.to_stdout(report, self.format or preferred or Format.TABLE)
            return
        for_stdout = self.format if len(self.outputs) > 1 or self.format is Format.GITHUB else None
        for_files = None if for_stdout else self.format
        otherwise = preferred or (Format.TABLE if report.document is None else Format.JSON)
        formats = {path: for_files or _BY_SUFFIX.get(path.suffix.lower(), otherwise) for path in self.outputs}
        render.to_files(report, formats)
        if for_stdout or (sys.stdout.isatty() and not self.quiet):
            render.to_stdout(report, for_stdout or Format.TABLE)
        for path in self.outputs:
            self.note(f"wrote {path}")

    def keep_page(self, report: Report, path: Path | None) -> None:
        """Write the report as a page, too, where --html names a file."""
        from dbopt import documents

        if path is not None and report.html is not None:
            documents.write_atomically(path, report.html())
            self.note(f"wrote {path}")

    def note(self, text: str) -> None:
        """A remark for the person, on stderr; --quiet silences it."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def detail(self, text: str) -> None:
        """A remark that only --verbose shows."""
        if self.verbose:
            print(text, file=sys.stderr)

    def confirm(self, question: str, yes: bool) -> bool:
        """Whether to go on with a change. Off a terminal --yes is needed: raises ConfirmationRequired."""
        if yes:
            return True
        if not sys.stdin.isatty():
            raise ConfirmationRequired(hint="look at it with --dry-run, then say --yes")
        return typer.confirm(question, err=True)


_COMMON: dict[str, Any] = {
    "dsn": Annotated[
        str | None,
        typer.Option(
            "-d",
            "--dsn",
            metavar="CONNINFO",
            help="Connection URI or conninfo; default: PG*, PGSERVICE.",
        ),
    ],
    "db": Annotated[
        str | None,
        typer.Option("--db", metavar="NAME", help="A database named in dbopt.toml."),
    ],
    "config": Annotated[
        str | None,
        typer.Option(
            "--config",
            envvar="DBOPT_CONFIG",
            show_envvar=False,
            metavar="FILE",
            help="Configuration file; default: ./dbopt.toml.",
        ),
    ],
    "format": None,  # each command has its own
    "output": Annotated[
        list[Path] | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write the result to a file, whole or not at all; may be repeated."
        ),
    ],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="No remarks on stderr.")],
    "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="More remarks on stderr.")],
    "debug": Annotated[bool, typer.Option("--debug", help="Show a traceback on an error.")],
}

Command = Callable[..., int | None]


def _is_known_to_overwrite(output: Path, given: Path) -> bool:
    """Of an input that cannot be looked at, whoever reads it has more to say."""
    try:
        return _overwrites(output, given)
    except OSError:
        return False


def require_place(path: Path | None, option: str) -> None:
    """Refuse a file that could not be written. Raises FileError."""
    if path is None:
        return
    if not path.absolute().parent.is_dir():
        raise FileError(f"there is no directory {path.parent}", hint=f"make it first, or choose another {option}")
    if path.is_dir():
        raise FileError(f"{path} is a directory", hint=f"name a file with {option}")


def _overwrites(output: Path, given: Path) -> bool:
    """Whether both are one file, through links too, or will be one when they are written."""
    if given.is_dir():
        return output.suffix == ".sql" and output.is_file() and given.resolve() in output.resolve().parents
    if output.exists() and given.exists():
        return output.is_file() and output.samefile(given)
    return output.resolve() == given.resolve()


def _preferred_format() -> Format | None:
    """DBOPT_FORMAT. Raises UsageError."""
    wanted = os.environ.get("DBOPT_FORMAT")
    if wanted and wanted not in list(Format):
        raise UsageError(f"DBOPT_FORMAT is {wanted}", hint=f"one of {', '.join(Format)}")
    return Format(wanted) if wanted else None


def command(
    app: typer.Typer, name: str | None = None, *, formats: tuple[Format, ...] = TABULAR
) -> Callable[[Command], Command]:
    """Register `function(run, ...)` as a command with the common options added, packed into `run`. It returns its exit
    code; None is 0. Formats but these are refused before any work is done; where there are none, --format is hidden.
    """

    def register(function: Command) -> Command:
        @functools.wraps(function)
        def called(**arguments: Any) -> int | None:
            leave_by_exception()
            try:
                return begun(**arguments)
            except BaseException as error:
                if is_interrupt(error):
                    raise Interrupted from error
                raise

        def begun(**arguments: Any) -> int | None:
            files = tuple(arguments.pop("output") or ())
            run = Run(**{option: arguments.pop(option) for option in _COMMON if option != "output"}, outputs=files)
            run.check()
            if formats and run.format is not None and run.format not in formats:
                raise UsageError(f"this command has no {run.format} output", hint=f"one of {', '.join(formats)}")
            return function(run, **arguments)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        signature = inspect.Signature(
            [_keyword(parameter) for parameter in own] + [_common(o, formats) for o in _COMMON]
        )
        called.__signature__ = signature  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in signature.parameters.values()}
        app.command(name, context_settings=CONTEXT_SETTINGS)(called)
        return function

    return register


def group(help_text: str, *, completion: bool = False) -> typer.Typer:
    """An application or a group of commands, in the house's style."""
    return typer.Typer(
        help=help_text,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings=CONTEXT_SETTINGS,
        add_completion=completion,
    )


def _keyword(parameter: inspect.Parameter) -> inspect.Parameter:
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)


def _common(option: str, formats: tuple[Format, ...]) -> inspect.Parameter:
    own = inspect.signature(Run).parameters.get(option)
    default = None if own is None else own.default
    annotation = _format_option(formats) if option == "format" else _COMMON[option]
    return inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _format_option(formats: tuple[Format, ...]) -> Any:
    return Annotated[
        Format | None,
        typer.Option(
            "--format",
            metavar=f"<{'|'.join(formats)}>",
            hidden=not formats,
            help="Output format; default: by the suffix of --output, table.",
        ),
    ]
