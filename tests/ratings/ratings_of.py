"""Imported ratings as plain rows, for tests that are not about importing."""

from auditing.datasets.models import Batch, Item
from auditing.ratings.models import Rater, Rating, RatingsFile

KINDS = {"gold": "gold", "judge": "judge"}


def rate(batch: Batch, rater: str, criterion: str, values: list[str | None], kind: str = "human") -> None:
    """One rating for each item in order; None where the rater did not speak."""
    file, _ = RatingsFile.objects.get_or_create(
        batch=batch, content_hash="0" * 64, defaults={"file_name": "ratings.csv"}
    )
    person, _ = Rater.objects.get_or_create(collection=batch.collection, name=rater, defaults={"kind": kind})
    items = Item.objects.filter(batch=batch).order_by("position")
    Rating.objects.bulk_create(
        Rating(item=item, rater=person, file=file, criterion=criterion, value=value)
        for item, value in zip(items, values, strict=False)
        if value is not None
    )
