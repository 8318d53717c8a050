"""Importing ratings: every row is checked against the batch and what is stored, then all are stored at once."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.canonical import canonical_json
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.fields import lookup
from auditing.datasets.models import Batch
from auditing.datasets.policies import require
from auditing.datasets.problems import Problem, Problems
from auditing.datasets.readers import Row, kind_of, open_rows
from auditing.datasets.staging import ROWS_AT_ONCE, StagingFile, staging_file
from auditing.journal.services import record
from auditing.ratings.models import Rater, Rating, RatingsFile
from auditing.ratings.rows import RatingRow, RatingsMapping

Key = tuple[int, str, str]  # item, rater, criterion


class RatingsImportResult(NamedTuple):
    """`created` is False when this file had been imported before; `unchanged` rows said what is stored already."""

    file: RatingsFile
    created: bool
    imported: int
    unchanged: int
    rejected: int
    problems: list[Problem]


class RatingsProgress(NamedTuple):
    stage: str  # reading | storing
    rows: int
    fraction: float


OnProgress = Callable[[RatingsProgress], None]


@dataclass
class Known:
    """What rows are checked against. Opinions are kept as digests, so that a million fit into memory."""

    items: dict[str, int]  # external id -> primary key
    kinds: dict[str, str]  # rater -> kind
    opinions: dict[Key, tuple[int, bytes]]  # -> line (0: stored before) and the value's digest

    @classmethod
    def of(cls, batch: Batch) -> "Known":
        stored = Rating.objects.filter(item__batch=batch).values_list(
            "item_id", "rater__name", "criterion", "value"
        )
        return cls(
            items=dict(batch.items.values_list("external_id", "pk")),
            kinds=dict(batch.collection.raters.values_list("name", "kind")),
            opinions={tuple(key): (0, digest(value)) for *key, value in stored.iterator()},  # type: ignore[misc]
        )


@dataclass
class Staged:
    file: StagingFile
    problems: Problems = field(default_factory=Problems)
    rows: int = 0
    taken: int = 0
    unchanged: int = 0


def import_ratings(
    *,
    by: User | None,
    path: Path,
    batch: Batch,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    file_name: str = "",
    progress: OnProgress | None = None,
) -> RatingsImportResult:
    """Import opinions made elsewhere about a batch's items: all or nothing (`skip_bad`: all good rows).

    `columns` names the file's column for a field of the contract, `constants` a field's value for every row. A row that
    repeats a stored opinion is no change; one that contradicts it is an error. Raises BadInput, BadRows, Forbidden.
    """
    require(by, Permission.IMPORT_RATINGS, batch.collection)
    mapping = RatingsMapping(columns or {}, constants or {})
    name = file_name or path.name
    content_hash = _content_hash(path, name, mapping)
    known_file = RatingsFile.objects.filter(batch=batch, content_hash=content_hash).first()
    if known_file:
        return RatingsImportResult(
            known_file, False, 0, known_file.rating_count, known_file.rejected_count, []
        )
    file = RatingsFile(batch=batch, file_name=name, content_hash=content_hash)
    with staging_file() as staging:
        staged = Staged(staging)
        known = Known.of(batch)
        _read(path, name, mapping, known, staged, progress)
        if not skip_bad or not staged.taken + staged.unchanged:
            staged.problems.raise_any(name)
        _store(by, file, known, staged, progress)
    return RatingsImportResult(
        file, True, staged.taken, staged.unchanged, staged.problems.count, staged.problems.shown
    )


def _content_hash(path: Path, name: str, mapping: RatingsMapping) -> str:
    if kind_of(name) == "parquet":
        raise BadInput("ratings come as .csv or .jsonl (each may be .gz)", file=name)
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror or error})", file=name) from error
    digest.update(canonical_json(mapping.to_dict()).encode())
    return digest.hexdigest()


def _read(
    path: Path, name: str, mapping: RatingsMapping, known: Known, staged: Staged, progress: OnProgress | None
) -> None:
    with open_rows(path, name=name) as stream:
        for row in stream.rows:
            staged.rows += 1
            if staged.rows == 1 and not row.problem:
                _check_columns(row, name, mapping)
            try:
                _stage(row, mapping, known, staged)
            except BadInput as error:
                staged.problems.add(row.line, error)
            if progress and staged.rows % ROWS_AT_ONCE == 0:
                progress(RatingsProgress("reading", staged.rows, stream.fraction()))
    if staged.rows == 0:
        raise BadInput("the file has no rows", file=name)


def _check_columns(row: Row, name: str, mapping: RatingsMapping) -> None:
    """A column that the file does not have is one complaint, not one a row; JSON may leave out what is optional."""
    for field_name, column in mapping.needed_columns(with_optional=kind_of(name) == "csv"):
        if column not in row.values and lookup(row.values, column) is None:
            raise BadInput(
                f"there is no column for {field_name}; name the column that holds it, or one value for every row;"
                f" the file has: {', '.join(list(row.values)[:30])}",
                file=name,
                line=row.line,
                field=column,
            )


def _stage(row: Row, mapping: RatingsMapping, known: Known, staged: Staged) -> None:
    if row.problem:
        raise BadInput(row.problem, field=row.field)
    rating = mapping.apply(row.values)
    item = known.items.get(rating.item_id)
    if item is None:
        raise BadInput(f"the batch has no item {rating.item_id[:80]!r}", field=mapping.column("item_id"))
    was = known.kinds.get(rating.rater, rating.kind)
    if was != rating.kind:
        raise BadInput(
            f"{rating.rater[:80]!r} is a {was} already, not a {rating.kind}",
            field=mapping.column("rater_kind"),
        )
    if _is_repeated((item, rating.rater, rating.criterion), rating, row.line, mapping, known):
        staged.unchanged += 1
        return
    known.kinds[rating.rater] = rating.kind
    staged.taken += 1
    moment = rating.rated_at.isoformat() if rating.rated_at else None
    values = (rating.rater, rating.criterion, rating.value, rating.probability, rating.rationale, moment)
    staged.file.write(staged.taken, item, *values)


def _is_repeated(key: Key, rating: RatingRow, line: int, mapping: RatingsMapping, known: Known) -> bool:
    """Is this opinion there already? Raises BadInput where the one that is there says something else."""
    value = digest(rating.value)
    first_line, first_value = known.opinions.setdefault(key, (line, value))
    if first_value != value:
        where = f"on line {first_line}" if first_line else "in an earlier file"
        raise BadInput(
            f"{rating.rater[:80]!r} gave another value for {rating.criterion!r} of {rating.item_id[:80]!r} {where}",
            field=mapping.column("value"),
        )
    return first_line != line


def digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode(), digest_size=8).digest()


@transaction.atomic
def _store(
    by: User | None, file: RatingsFile, known: Known, staged: Staged, progress: OnProgress | None
) -> None:
    batch = file.batch
    file.rating_count, file.rejected_count = staged.taken, staged.problems.count
    try:
        file.save(force_insert=True)
        raters = _raters(batch, known)
        for chunk in staged.file.chunks():
            Rating.objects.bulk_create(_ratings(file, raters, chunk))
            if progress:
                stored = chunk[-1][0]
                progress(RatingsProgress("storing", stored, stored / staged.taken))
    except IntegrityError as error:
        raise Conflict(f"Somebody else imported ratings for {batch} at the same time; try again.") from error
    details = {"file": file.file_name, "ratings": staged.taken, "rejected": staged.problems.count}
    record(
        by=by, verb="imported ratings for", subject=batch, collection_id=batch.collection_id, details=details
    )


def _raters(batch: Batch, known: Known) -> dict[str, int]:
    """The collection's raters by name, the new ones made."""
    stored = set(batch.collection.raters.values_list("name", flat=True))
    Rater.objects.bulk_create(
        Rater(collection=batch.collection, name=name, kind=kind)
        for name, kind in known.kinds.items()
        if name not in stored
    )
    return dict(batch.collection.raters.values_list("name", "pk"))


def _ratings(file: RatingsFile, raters: Mapping[str, int], chunk: list[list[Any]]) -> Iterator[Rating]:
    for _, item, rater, criterion, value, probability, rationale, rated_at in chunk:
        yield Rating(
            item_id=item,
            rater_id=raters[rater],
            file=file,
            criterion=criterion,
            value=value,
            probability=probability,
            rationale=rationale,
            rated_at=datetime.fromisoformat(rated_at) if rated_at else None,
        )
