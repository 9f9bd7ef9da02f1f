"""Where files are kept: a folder, or a bucket of S3 or what speaks like it. A file is there whole or not at all.

Nothing is ever found by listing: what there is, the ledger says. So a bucket whose listings lag behind loses nothing.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

from dbopt.archive.extra import imported
from dbopt.archive.policy import Destination
from dbopt.errors import ConfigurationError, FileError, FileMissing

if TYPE_CHECKING:
    from pyarrow import fs

Result = TypeVar("Result")

_ATTEMPTS = 2  # of ours, beside those of the client
_CLIENT_ATTEMPTS = 5
_PAUSE_SECONDS = 1.0
_TIMEOUT_SECONDS = 20


class Store(Protocol):
    """Files by their paths below the destination, with slashes. All raise FileError where that does not work."""

    def writing(self, path: str) -> Any:
        """A context with a binary file to write; at its end the file is there for good, on an exception it is not."""

    def reading(self, path: str) -> Any:
        """A context with a binary file to read, from where it is kept and not from memory, if that can be had. Raises
        FileMissing.
        """

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""

    def remove(self, path: str) -> None:
        """It is all right if there is none."""

    def uri(self, path: str) -> str:
        """How other programs name the file."""


def store(destination: Destination, endpoint: str = "", region: str = "") -> Store:
    """Raises FileError where the destination cannot be used at all, FeatureMissing where a library is missing."""
    if destination.kind == "folder":
        return Folder(Path(destination.address))
    if not destination.is_files:
        raise ConfigurationError(f"{destination} is no place for files")
    return Bucket(destination.address, endpoint, region)


class Folder:
    """A directory, which is made where it is not there yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def writing(self, path: str) -> Iterator[IO[bytes]]:
        final = self.root / path
        scratch = final.with_name(f".{final.name}.part")
        with _said("write", final):
            _make_directories(final.parent)
            try:
                with scratch.open("wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                scratch.replace(final)
                _fsync(final.parent)
            except BaseException:
                with suppress(OSError):
                    scratch.unlink(missing_ok=True)
                raise

    @contextmanager
    def reading(self, path: str) -> Iterator[IO[bytes]]:
        with _said("read", self.root / path), (self.root / path).open("rb") as file:
            with suppress(OSError, AttributeError):  # so that it comes from the disk
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            yield file

    def exists(self, path: str) -> bool:
        with _said("look for", self.root / path):
            return (self.root / path).exists()

    def remove(self, path: str) -> None:
        final = self.root / path
        with _said("remove", final):
            final.with_name(f".{final.name}.part").unlink(missing_ok=True)
            final.unlink(missing_ok=True)

    def uri(self, path: str) -> str:
        return str(self.root / path)


class Bucket:
    """An S3 bucket with a prefix. Who may use it, the usual AWS_* variables and ~/.aws say. An object that was not
    written to its end does not exist; a server's errors are tried again.
    """

    def __init__(self, address: str, endpoint: str, region: str) -> None:
        self.address = address
        self.files = _s3(endpoint, region)

    @contextmanager
    def writing(self, path: str) -> Iterator[IO[bytes]]:
        """Written to memory first: an upload that fails is tried again as a whole."""
        import io

        buffer = io.BytesIO()
        yield buffer
        content = buffer.getvalue()
        self._patiently("write", path, lambda: self._put(path, content))

    @contextmanager
    def reading(self, path: str) -> Iterator[IO[bytes]]:
        import io

        yield io.BytesIO(self._patiently("read", path, lambda: self._get(path)))

    def exists(self, path: str) -> bool:
        return self._patiently("look for", path, lambda: self._is_there(path))

    def remove(self, path: str) -> None:
        self._patiently("remove", path, lambda: self._delete(path))

    def uri(self, path: str) -> str:
        return f"s3://{self.address}/{path}"

    def _put(self, path: str, content: bytes) -> None:
        with self.files.open_output_stream(f"{self.address}/{path}") as stream:
            stream.write(content)

    def _get(self, path: str) -> bytes:
        with self.files.open_input_file(f"{self.address}/{path}") as file:
            return bytes(file.read())

    def _is_there(self, path: str) -> bool:
        """By asking for the object itself: to ask what it is would list."""
        try:
            self.files.open_input_file(f"{self.address}/{path}").close()
        except FileNotFoundError:
            return False
        return True

    def _delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self.files.delete_file(f"{self.address}/{path}")

    def _patiently(self, verb: str, path: str, attempt: Callable[[], Result]) -> Result:
        for number in range(_ATTEMPTS - 1):
            try:
                return attempt()
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(_PAUSE_SECONDS * 2**number)
        with _said(verb, self.uri(path)):
            return attempt()


def sha256_of(store: Store, path: str) -> str:
    """The SHA-256 of a file, in hex digits."""
    with store.reading(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _s3(endpoint: str, region: str) -> fs.S3FileSystem:
    files = imported("pyarrow.fs")
    scheme, _, host = endpoint.rpartition("://")
    options: dict[str, Any] = {"scheme": scheme or "https", "allow_delayed_open": True}  # small files by one request
    if host:
        options["endpoint_override"] = host
    if region:
        options["region"] = region
    retries = files.AwsStandardS3RetryStrategy(max_attempts=_CLIENT_ATTEMPTS)
    return files.S3FileSystem(
        connect_timeout=_TIMEOUT_SECONDS, request_timeout=_TIMEOUT_SECONDS, retry_strategy=retries, **options
    )


def _make_directories(folder: Path) -> None:
    """And make sure that they are still there after a crash."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        _fsync(one.parent)


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _said(verb: str, path: Path | str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileMissing(f"there is no file {path}") from None
    except OSError as error:
        raise FileError(f"cannot {verb} {path}: {error.strerror or error}") from None
