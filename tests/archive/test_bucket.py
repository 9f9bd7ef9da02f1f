"""Archives in a bucket of a real S3-compatible server, that fails now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dbopt.archive import ledger, store
from dbopt.archive.restore import Asked, restore
from dbopt.archive.verify import verify
from dbopt.errors import ArchiveDamaged, FileError
from tests.archive.archiving import EVENTS, archive, contents, count, policies, section
from tests.archive.bucket import Bucket, bucket
from tests.servers import Database, Server


@pytest.fixture(scope="module")
def shared_bucket() -> Iterator[Bucket]:
    with bucket() as made:
        yield made


@pytest.fixture
def s3(shared_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    monkeypatch.setattr(store, "_PAUSE_SECONDS", 0.01)
    shared_bucket.faults.requests.clear()
    shared_bucket.faults.failed = 0
    yield shared_bucket
    shared_bucket.faults.decide = lambda _method, _path: None


@pytest.fixture
def events(pg18: Server, new_database: Callable[[Server, str], Database]) -> Database:
    return new_database(pg18, EVENTS)


def asked(s3: Bucket, events: Database, **values: Any) -> dict[str, Any]:
    """A policy with a prefix of its own."""
    destination = f"s3://{s3.name}/{events.name}"
    return section("", destination=destination, endpoint=s3.endpoint, region="us-east-1", **values)  # type: ignore[arg-type]


def first(times: int, method: str, fault: str) -> Callable[[str, str], str | None]:
    """The fault for the first requests of a method."""
    left = [times]

    def decide(asked_method: str, _path: str) -> str | None:
        if asked_method == method and left[0]:
            left[0] -= 1
            return fault
        return None

    return decide


def test_rows_go_to_a_bucket_and_come_back(s3: Bucket, events: Database) -> None:
    before = contents(events.session, "events")
    archive(events.session, asked(s3, events, batch_rows=2000))
    assert count(events.session, "events") == 0
    assert verify(events.session, policies(asked(s3, events))).damage == ()
    restore(events.session, policies(asked(s3, events))[0], Asked())
    assert contents(events.session, "events") == before


@pytest.mark.parametrize("fault", ["error", "cut"])
@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD"])
def test_requests_that_fail_are_tried_again(s3: Bucket, events: Database, method: str, fault: str) -> None:
    s3.faults.decide = first(3, method, fault)
    archive(events.session, asked(s3, events))
    assert s3.faults.failed == 3
    assert count(events.session, "events") == 0
    assert verify(events.session, policies(asked(s3, events))).damage == ()


def test_a_bucket_that_takes_nothing_loses_nothing(s3: Bucket, events: Database) -> None:
    s3.faults.decide = lambda method, _path: "error" if method in ("PUT", "POST") else None
    with pytest.raises(FileError, match="cannot write s3://archive/"):
        archive(events.session, asked(s3, events))
    assert count(events.session, "events") == 5000
    s3.faults.decide = lambda _method, _path: None
    archive(events.session, asked(s3, events))
    assert count(events.session, "events") == 0
    assert verify(events.session, policies(asked(s3, events))).damage == ()


def test_a_torn_upload_is_found_before_rows_are_deleted(s3: Bucket, events: Database) -> None:
    s3.faults.decide = lambda method, path: "torn" if method != "GET" and ".parquet" in path else None
    with pytest.raises(ArchiveDamaged, match="other bytes than were written"):
        archive(events.session, asked(s3, events))
    assert count(events.session, "events") == 5000
    assert [batch.state for batch in ledger.batches(events.session)] == []


def test_nothing_is_found_by_listing(s3: Bucket, events: Database) -> None:
    archive(events.session, asked(s3, events))
    verify(events.session, policies(asked(s3, events)))
    restore(events.session, policies(asked(s3, events))[0], Asked(upper="2024-02-01"))
    listings = [
        path for method, path in s3.faults.requests if method == "GET" and ("list-type" in path or "prefix=" in path)
    ]
    assert listings == []


def test_an_object_that_was_changed_is_named(s3: Bucket, events: Database) -> None:
    archive(events.session, asked(s3, events))
    path = next(path for path in ledger.batches(events.session)[0].paths if path.endswith(".parquet"))
    key = f"{events.name}/{path}"
    s3.put(key, s3.get(key)[:-1] + b"x")
    found = verify(events.session, policies(asked(s3, events)))
    assert [(one.file, "other bytes" in one.problem) for one in found.damage] == [(path, True)]


def test_a_secret_in_the_destination_is_refused() -> None:
    with pytest.raises(Exception, match="holds a secret") as caught:
        policies(section("", destination="s3://key:hunter2@bucket/x"))  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)
