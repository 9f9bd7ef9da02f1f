"""`dbopt archive verify`: the files of the archive against their manifests, and these against the ledger; of an archive
table that it has as many rows as the ledger says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from dbopt.archive import ledger
from dbopt.archive.files import check
from dbopt.archive.ledger import Batch
from dbopt.archive.manifest import Manifest
from dbopt.archive.policy import Policy
from dbopt.archive.shelf import table
from dbopt.archive.shelf.table import Shelf
from dbopt.archive.store import Store, sha256_of
from dbopt.archive.work import place_of, read_manifest
from dbopt.errors import DboptError
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Damage:
    """`file` is the path of a file or a manifest below the destination."""

    policy: str
    batch: int
    file: str
    problem: str


@dataclass(frozen=True)
class VerifiedPolicy:
    """`batches` are those in the archive, `checked` those that were read again, with so many files, rows and bytes."""

    name: str
    batches: int
    checked: int
    files: int
    rows: int
    bytes: int
    damaged: int


@dataclass(frozen=True)
class Verified:
    SCHEMA: ClassVar[str] = "dbopt.archive-verified/1"
    WRITTEN_BY: ClassVar[str] = "dbopt archive verify"

    policies: tuple[VerifiedPolicy, ...]
    damage: tuple[Damage, ...]


OnFile = Callable[[int, int, str], None]


def verify(
    session: Session,
    policies: Sequence[Policy],
    share: float = 1.0,
    seed: int | None = None,
    on_file: OnFile | None = None,
) -> Verified:
    """Read batches again: all, or a random share of those of each policy. Raises ConnectionFailed."""
    found: list[VerifiedPolicy] = []
    damage: list[Damage] = []
    for policy in policies:
        one, wrong = _verified(session, policy, share, random.Random(seed), on_file)  # noqa: S311 - a sample
        found.append(one)
        damage.extend(wrong)
        for shelf in table.shelves(session, policy.name):
            counted, problems = _counted(session, shelf)
            found[-1] = _with(found[-1], counted, len(problems))
            damage.extend(problems)
    return Verified(tuple(found), tuple(damage))


def _verified(
    session: Session, policy: Policy, share: float, chance: random.Random, on_file: OnFile | None
) -> tuple[VerifiedPolicy, list[Damage]]:
    batches = [one for one in ledger.cold(ledger.batches(session, policy.name)) if one.in_files]
    chosen = chance.sample(batches, min(len(batches), ceil(len(batches) * share)))
    places: dict[str, Store] = {}
    damage: list[Damage] = []
    files = rows = size = 0
    for number, batch in enumerate(sorted(chosen, key=lambda one: one.id)):
        if on_file is not None:
            on_file(number, len(chosen), f"{policy.name}: batch {batch.id}")
        place = places.get(batch.destination) or place_of(policy, batch)
        places[batch.destination] = place
        manifest, wrong = _manifest(place, batch)
        damage.extend(wrong)
        if manifest is None:
            continue
        damage.extend(_files(place, batch, manifest))
        files, rows = files + len(manifest.files), rows + manifest.rows
        size += sum(file.bytes for file in manifest.files)
    damaged = len({one.batch for one in damage})
    return VerifiedPolicy(policy.name, len(batches), len(chosen), files, rows, size, damaged), damage


def _counted(session: Session, shelf: Shelf) -> tuple[VerifiedPolicy, list[Damage]]:
    """The rows of an archive table, in the snapshot in which the ledger is read."""
    with session.rolled_back(one_snapshot=True):
        batches = [one for one in ledger.cold(ledger.batches(session, shelf.policy)) if _is_in(one, shelf)]
        told = sum(batch.rows or 0 for batch in batches) - ledger.gone(session).get(shelf.policy, 0)
        problem, rows = f"the table {shelf.name} is not there any more", 0
        if shelf.oid is not None:
            rows = int(session.fetch(SQL(f"SELECT count(*) AS rows FROM {shelf.name}"))[0]["rows"])  # noqa: S608
            problem = f"{rows:,} rows; the ledger says {told:,}"
    size = sum(batch.bytes or 0 for batch in batches)
    # the rows of a partition that a run which was killed left behind are counted by the next
    is_wrong = rows != told and all(batch.rows is not None for batch in batches)
    damage = [Damage(shelf.policy, batches[-1].id if batches else 0, str(shelf.name), problem)] if is_wrong else []
    return VerifiedPolicy(shelf.policy, len(batches), len(batches), 0, rows, size, len(damage)), damage


def _is_in(batch: Batch, shelf: Shelf) -> bool:
    return batch.destination == f"schema:{shelf.name.schema}"


def _with(one: VerifiedPolicy, more: VerifiedPolicy, damaged: int) -> VerifiedPolicy:
    return VerifiedPolicy(
        one.name,
        one.batches + more.batches,
        one.checked + more.checked,
        one.files,
        one.rows + more.rows,
        one.bytes + more.bytes,
        one.damaged + damaged,
    )


def _manifest(place: Store, batch: Batch) -> tuple[Manifest | None, list[Damage]]:
    path = batch.manifest or ""
    try:
        if sha256_of(place, path) != batch.checksum:
            problem = "the manifest has other bytes than the ledger says"
            return None, [Damage(batch.policy, batch.id, path, problem)]
        manifest = read_manifest(place, path)
    except DboptError as error:
        return None, [Damage(batch.policy, batch.id, path, error.message)]
    if manifest.rows != batch.rows:
        return manifest, [Damage(batch.policy, batch.id, path, f"{manifest.rows} rows; the ledger says {batch.rows}")]
    return manifest, []


def _files(place: Store, batch: Batch, manifest: Manifest) -> Iterator[Damage]:
    for file in manifest.files:
        try:
            check(place, file, manifest.types)
        except DboptError as error:
            yield Damage(batch.policy, batch.id, file.path, error.message)
