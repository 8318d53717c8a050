"""Importing items: the file is read and checked whole, row by row, into a staging file; then stored in one transaction.

Memory stays flat but for the ids, and no lock is held while a slow file is being read.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.core.boundary import UNSTORABLE
from auditing.core.canonical import canonical_json
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.datasets.arrivals import announce
from auditing.datasets.fields import lookup, paths_of
from auditing.datasets.mapping import ItemFields, MappingSpec
from auditing.datasets.models import Batch, Collection, CollectionAccess, Item, Producer, RejectedRow
from auditing.datasets.payload import with_image_files
from auditing.datasets.policies import require
from auditing.datasets.problems import Problems
from auditing.datasets.readers import Row, kind_of, open_rows
from auditing.datasets.slices import MOST_SLICE_FIELDS
from auditing.datasets.staging import ROWS_AT_ONCE, StagingFile, staging_file
from auditing.journal.services import record

LONGEST_BATCH_NAME = 160  # leaves room for the mark of a deleted one


class ImportProgress(NamedTuple):
    """`fraction` of this stage, 0 to 1; `rows` read or stored so far."""

    stage: Literal["reading", "storing"]
    rows: int
    fraction: float


class ImportResult(NamedTuple):
    """`created` is False when the same file with the same mapping had been imported before."""

    batch: Batch
    created: bool
    imported: int
    rejected: int


OnProgress = Callable[[ImportProgress], None]


@dataclass
class Staged:
    """What reading a file gave: its rows on disk, and what must be known about all of them."""

    items: StagingFile
    rejects: StagingFile
    problems: Problems = field(default_factory=Problems)
    lines: dict[str, int] = field(default_factory=dict)  # external id -> line
    seen: set[str] = field(default_factory=set)  # mapped paths that some row has
    slice_fields: dict[str, None] = field(default_factory=dict)  # ordered
    only_producer: str = ""  # a vendor's own; no row may name another
    rows: int = 0
    first_fields: tuple[str, ...] = ()


def import_items(
    *,
    by: User | None,
    path: Path,
    collection: Collection,
    batch_name: str | None = None,
    mapping: MappingSpec | None = None,
    producer: str | None = None,
    skip_bad: bool = False,
    received_at: datetime | None = None,
    file_name: str = "",
    images_folder: Path | None = None,
    progress: OnProgress | None = None,
) -> ImportResult:
    """Import a file of items as a batch: all of it or nothing (`skip_bad`: all good rows, the others kept as rejects).

    The same bytes with the same mapping are the same batch. `producer` made the rows that name none; `images_folder`
    is where relative image paths may point. Raises BadInput, BadRows, Conflict, Forbidden.
    """
    require(by, Permission.DELIVER, collection)
    mapping = mapping or MappingSpec.contract()
    name = file_name or path.name
    own = _own_producer(by, collection)
    producer = own or producer
    digest = content_hash(path, name, mapping)
    known = _known_batch(collection, digest)
    if known:
        return ImportResult(known, False, known.item_count, known.rejected_rows.count())
    batch = Batch(
        collection=collection,
        name=_batch_name(collection, batch_name or _stem(name)),
        received_at=received_at or timezone.now(),
        file_name=name,
        content_hash=digest,
        mapping=mapping.to_dict(),
        delivered_by=by,
    )
    with staging_file() as items, staging_file() as rejects:
        staged = Staged(items, rejects, only_producer=own)
        _read(path, name, mapping, images_folder, staged, progress)
        _complain(name, mapping, staged, skip_bad)
        return _store(by, batch, producer, staged, progress)


def content_hash(path: Path, name: str, mapping: MappingSpec) -> str:
    """SHA-256 (hex) of the file's bytes and the mapping. Raises BadInput where the file cannot be read."""
    kind_of(name)
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror or error})", file=name) from error
    digest.update(canonical_json(mapping.to_dict()).encode())
    return digest.hexdigest()


def _known_batch(collection: Collection, digest: str) -> Batch | None:
    known = Batch.objects.filter(collection=collection, content_hash=digest).first()
    if known and known.deleted_at:
        raise Conflict(f"This file is the deleted batch {known}; restore that batch instead.")
    return known


def _own_producer(by: User | None, collection: Collection) -> str:
    """A vendor delivers in her own producer's name only."""
    if by is None or by.role != Role.VENDOR:
        return ""
    access = (
        CollectionAccess.objects.select_related("producer").filter(user=by, collection=collection).first()
    )
    if access is None or access.producer is None:
        raise Forbidden(f"{by} delivers for no producer in {collection}; a lead can say for which.")
    return access.producer.name


def _stem(name: str) -> str:
    return Path(name.removesuffix(".gz")).stem


def _batch_name(collection: Collection, name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_BATCH_NAME or UNSTORABLE.search(name):
        raise BadInput(f"a batch's name has 1 to {LONGEST_BATCH_NAME} characters", field="batch")
    if Batch.objects.filter(collection=collection, name=name).exists():
        raise Conflict(
            f"{collection} has a batch named {name} from another file or mapping; give this one a new name."
        )
    return name


def _read(
    path: Path,
    name: str,
    mapping: MappingSpec,
    folder: Path | None,
    staged: Staged,
    progress: OnProgress | None,
) -> None:
    """Read every row into the staging files."""
    paths = () if mapping.by_name else tuple(mapping.paths())
    with open_rows(path, name=name) as stream:
        for row in stream.rows:
            staged.rows += 1
            _note_fields(row, paths, staged)
            _stage(row, mapping, folder, staged)
            if progress and staged.rows % ROWS_AT_ONCE == 0:
                progress(ImportProgress("reading", staged.rows, stream.fraction()))
    if progress:
        progress(ImportProgress("reading", staged.rows, 1.0))


def _note_fields(row: Row, paths: tuple[str, ...], staged: Staged) -> None:
    staged.first_fields = staged.first_fields or tuple(paths_of(row.values))
    if len(staged.seen) < len(set(paths)):
        staged.seen.update(path for path in paths if lookup(row.values, path) is not None)


def _stage(row: Row, mapping: MappingSpec, folder: Path | None, staged: Staged) -> None:
    try:
        item = _item_of(row, mapping, folder, staged)
    except BadInput as error:
        problem = staged.problems.add(row.line, error)
        texts = (_storable(text) for text in (problem.field, problem.message[:500], row.text))
        staged.rejects.write(problem.line, *texts)
        return
    staged.lines[item.external_id] = row.line
    staged.slice_fields.update(dict.fromkeys(item.slices))
    moment = item.produced_at.isoformat() if item.produced_at else None
    staged.items.write(
        len(staged.lines), item.external_id, item.payload, item.producer, moment, item.cluster, item.slices
    )


def _item_of(row: Row, mapping: MappingSpec, folder: Path | None, staged: Staged) -> ItemFields:
    if row.problem:
        raise BadInput(row.problem, field=row.field)
    item = mapping.apply(row.values, staged.rows)
    first = staged.lines.get(item.external_id)
    if first is not None:
        raise BadInput(f"the id {item.external_id[:80]!r} was on line {first} already", field=mapping.id)
    if staged.only_producer and item.producer not in ("", staged.only_producer):
        raise BadInput(
            f"you deliver for {staged.only_producer}, not for {item.producer[:80]}",
            field=mapping.producer or "producer",
        )
    return replace(item, payload=with_image_files(item.payload, folder))


def _storable(text: str) -> str:
    """Null bytes and bytes that were no UTF-8 written out as escapes, for text columns refuse them."""
    return UNSTORABLE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)


def _complain(name: str, mapping: MappingSpec, staged: Staged, skip_bad: bool) -> None:
    """Raise what is wrong with the file as a whole, or with its rows."""
    if staged.rows == 0:
        raise BadInput("the file has no rows", file=name)
    never = [path for path in mapping.paths() if path not in staged.seen] if not mapping.by_name else []
    if never and staged.first_fields:
        fields = ", ".join(staged.first_fields[:30])
        raise BadInput(
            f"no row has this field, which the mapping names; the file has: {fields}",
            file=name,
            field=never[0],
        )
    if len(staged.slice_fields) > MOST_SLICE_FIELDS:
        raise BadInput(
            f"the rows have {len(staged.slice_fields):,} different slices; at most {MOST_SLICE_FIELDS} are taken",
            file=name,
            field="slices",
        )
    if mapping.by_name and not staged.lines and "id" not in staged.first_fields and staged.first_fields:
        fields = ", ".join(staged.first_fields[:30])
        raise BadInput(
            f"no row has an id; say with a mapping which field it is: {fields}", file=name, field="id"
        )
    if not skip_bad or not staged.lines:
        staged.problems.raise_any(name)


@transaction.atomic
def _store(
    by: User | None, batch: Batch, producer: str | None, staged: Staged, progress: OnProgress | None
) -> ImportResult:
    """Write the staged rows; of two imports of one file at the same time the second finds the first's batch."""
    collection = Collection.objects.select_for_update().get(pk=batch.collection_id)
    known = _known_batch(collection, batch.content_hash)
    if known:
        return ImportResult(known, False, known.item_count, known.rejected_rows.count())
    _batch_name(collection, batch.name)
    producers = ProducersByName(collection)
    batch.producer_id = producers.id_of(producer or "")
    batch.item_count = len(staged.lines)
    batch.slice_fields = list(staged.slice_fields)
    batch.save(force_insert=True)
    for chunk in staged.items.chunks():
        Item.objects.bulk_create(_items(batch, producers, chunk))
        if progress:
            stored = chunk[-1][0]
            progress(ImportProgress("storing", stored, stored / batch.item_count))
    for chunk in staged.rejects.chunks():
        RejectedRow.objects.bulk_create(
            RejectedRow(batch=batch, line=line, field=field_name, message=message, raw=raw)
            for line, field_name, message, raw in chunk
        )
    details: dict[str, Any] = {
        "file": batch.file_name,
        "items": batch.item_count,
        "rejected": staged.problems.count,
    }
    details["content_hash"] = batch.content_hash
    record(by=by, verb="imported", subject=batch, collection_id=collection.pk, details=details)
    announce(batch)
    return ImportResult(batch, True, batch.item_count, staged.problems.count)


class ProducersByName(dict[str, int]):
    """The primary keys of a collection's producers, made as they turn up."""

    def __init__(self, collection: Collection) -> None:
        super().__init__(collection.producers.values_list("name", "pk"))
        self.collection = collection

    def id_of(self, name: str) -> int | None:
        if name and name not in self:
            self[name] = Producer.objects.create(collection=self.collection, name=name).pk
        return self.get(name)


def _items(batch: Batch, producers: ProducersByName, chunk: list[list[Any]]) -> Iterator[Item]:
    for position, external_id, payload, producer, produced_at, cluster, slices in chunk:
        yield Item(
            batch=batch,
            position=position,
            external_id=external_id,
            payload=payload,
            producer_id=producers.id_of(producer) or batch.producer_id,
            produced_at=datetime.fromisoformat(produced_at) if produced_at else None,
            cluster=cluster,
            slices=slices,
        )
