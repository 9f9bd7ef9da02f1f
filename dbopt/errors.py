"""Everything that can go wrong, as one tree. The docstring of a class is its default message.

DboptError                        3
├── UsageError                    2   options or arguments that make no sense together
├── ConfigurationError            3   dbopt.toml or the environment
├── FileError                     3
│   ├── FileMissing               3
│   ├── CorruptDocument           3   not JSON, or not what its schema says
│   ├── UnsupportedDocument       3   a schema of another version of dbopt
│   └── ArchiveDamaged            3   a file of an archive is not what was written
├── ServerError                   3
│   ├── ConnectionFailed          3
│   ├── PrivilegeMissing          3
│   ├── FeatureMissing            3   an extension, a setting or a server version
│   ├── LockNotAvailable          3
│   └── QueryFailed               3
│       ├── StatementTimeout      3
│       ├── UnsafeStatement       3   refused before it reached the server
│       └── MigrationFailed       3   a schema migration, on the shadow
├── EmbeddedServerError           3   the embedded PostgreSQL did not start or stop
├── NothingToDo                   3   an input without a single usable statement
├── Obstructed                    3   something on the server stands in the way
├── ConfirmationRequired          2   a change asked for off a terminal without --yes
├── AlreadyRunning               75   another run holds the lock
└── Interrupted                 130
"""

from __future__ import annotations

from typing import ClassVar


class DboptError(Exception):
    """Something went wrong."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.hint = hint

    @property
    def message(self) -> str:
        return str(self.args[0])


class UsageError(DboptError):
    """The options do not make sense together."""

    exit_code = 2


class ConfigurationError(DboptError):
    """The configuration cannot be used."""


class FileError(DboptError):
    """A file cannot be used."""


class FileMissing(FileError):
    """There is no such file."""


class CorruptDocument(FileError):
    """The file is not what it should be."""


class UnsupportedDocument(FileError):
    """The file was written for another version of dbopt."""


class ArchiveDamaged(FileError):
    """A file of the archive is damaged."""


class ServerError(DboptError):
    """PostgreSQL refused."""

    def __init__(
        self,
        message: str | None = None,
        *,
        hint: str | None = None,
        sqlstate: str | None = None,
        position: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate
        self.position = position  # in the text that the server was sent, in characters from 1, where it named one


class ConnectionFailed(ServerError):
    """There is no connection to the server."""


class PrivilegeMissing(ServerError):
    """The role may not do this."""


class FeatureMissing(ServerError):
    """The server lacks an extension, a setting or a version."""


class LockNotAvailable(ServerError):
    """Another session holds the lock."""


class QueryFailed(ServerError):
    """The statement failed."""


class StatementTimeout(QueryFailed):
    """The statement took longer than its time limit."""


class UnsafeStatement(QueryFailed):
    """The statement could change something that a rollback does not restore."""


class MigrationFailed(QueryFailed):
    """The migration did not run on the shadow."""


class EmbeddedServerError(DboptError):
    """The embedded PostgreSQL did not start."""


class NothingToDo(DboptError):
    """There is not a single statement to work on."""


class Obstructed(DboptError):
    """What is there stands in the way."""


class ConfirmationRequired(DboptError):
    """This changes the server and nobody is there to ask."""

    exit_code = 2


class AlreadyRunning(DboptError):
    """Another run holds the lock."""

    exit_code = 75


class Interrupted(DboptError):
    """Interrupted."""

    exit_code = 130
