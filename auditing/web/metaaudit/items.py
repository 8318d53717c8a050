"""The lists behind the numbers: items by somebody's opinion, and items on which two differ."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from auditing.accounts.roles import Permission
from auditing.adjudication.models import Disagreement
from auditing.core.errors import Missing
from auditing.datasets.models import Item
from auditing.estimation.inputs import PRODUCER
from auditing.judging.models import Verdict
from auditing.metaaudit.selectors import REFERENCE, Evidence, differing_items
from auditing.ratings.frame import UNSCORED
from auditing.ratings.models import Rating
from auditing.reviews.models import Answer
from auditing.rubrics.schema import ITEM_PASSES, RubricSpec
from auditing.sampling.models import Draw
from auditing.web.datasets.presenters import beginning
from auditing.web.metaaudit.evidence import seen_by
from auditing.web.metaaudit.forms import ItemsFilter
from auditing.web.metaaudit.subjects import QUALITY, TRUST, Subject, audit_subject, batch_subject
from auditing.web.metaaudit.trust import default_reference
from auditing.web.metaaudit.words import criterion_of, in_words, names_of
from auditing.web.places import address_of
from auditing.web.policy import page
from auditing.web.tables import TableState

PER_PAGE = 25
Worded = Callable[[str, str], str]  # the words for (criterion, value)


@page(Permission.SEE_VERDICTS)
def audit_items(request: HttpRequest, pk: int) -> HttpResponse:
    return _items(request, audit_subject(request, pk, QUALITY, Permission.SEE_VERDICTS))


@page(Permission.SEE_VERDICTS)
def batch_items(request: HttpRequest, pk: int) -> HttpResponse:
    return _items(request, batch_subject(request, pk, QUALITY))


@page(Permission.SEE_VERDICTS)
def audit_differences(request: HttpRequest, pk: int) -> HttpResponse:
    return _differences(request, audit_subject(request, pk, TRUST, Permission.SEE_VERDICTS))


@page(Permission.SEE_VERDICTS)
def batch_differences(request: HttpRequest, pk: int) -> HttpResponse:
    return _differences(request, batch_subject(request, pk, TRUST))


def _items(request: HttpRequest, subject: Subject) -> HttpResponse:
    context: dict[str, Any] = {**subject.frame, "hidden": subject.hidden}
    if not subject.hidden:
        seen = seen_by(request, subject)
        if not seen.frame.empty:
            context |= _listed(request, subject, seen)
    return render(request, "metaaudit/items.html", context)


def _listed(request: HttpRequest, subject: Subject, seen: Evidence) -> dict[str, Any]:
    names = names_of(subject)
    filters = ItemsFilter.of(request, seen=seen, names=names)
    criterion = filters.chosen
    rater = filters.value("rater") or default_reference(seen, subject, criterion)
    shown = QueryDict(mutable=True)
    shown.update({**dict(filters.data.items()), "criterion": criterion, "rater": rater})
    filters.data = shown
    rows = seen.frame[(seen.frame["criterion"] == criterion) & (seen.frame["rater"] == rater)]
    if value := filters.value("opinion"):
        is_asked = rows["status"] == UNSCORED
        if value != UNSCORED:
            is_asked = rows["value"].isin(filters.alike(rows["value"].dropna().unique()))
        rows = rows[is_asked]
    kept = set(_inside(subject, filters.value("slice")))
    if rater == REFERENCE and subject.audit:
        kept &= set(
            Draw.objects.filter(plan__audit=subject.audit, is_human=True).values_list("item", flat=True)
        )
    rows = rows[rows["item"].isin(kept)].sort_values("item")
    found = Paginator(rows.to_dict("records"), PER_PAGE).get_page(request.GET.get("page"))
    items = Item.objects.in_bulk([row["item"] for row in found])
    return {
        "filters": filters,
        "criterion": criterion,
        "rater": names[rater],
        "page": found,
        "rows": [(items[row["item"]], {**row, "words": _worded(seen, row)}) for row in found],
        "table": TableState.from_request(request, {"item": "item"}, default="item"),
    }


def _worded(seen: Evidence, row: Mapping[Any, Any]) -> str:
    return in_words(criterion_of(seen.rubric, row["criterion"]), row["value"]) if row["value"] else ""


def _inside(subject: Subject, slice_text: str) -> Iterable[int]:
    """The keys of the batch's items, or of those of one slice (`field=value`)."""
    items = Item.objects.filter(batch=subject.batch)
    field, _, value = slice_text.partition("=")
    if field == PRODUCER:
        items = items.filter(producer__name=value)
    elif field:
        return [pk for pk, own in items.values_list("pk", "slices") if str(own.get(field)) == value]
    return items.values_list("pk", flat=True)


@dataclass(frozen=True)
class Said:
    """One opinion as the source gave it, with the reasons, and where to read on."""

    rater: str
    value: str
    rationale: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Difference:
    item: Item
    truth: str
    said: str
    opinions: list[Said]
    ruling_url: str

    @property
    def begins(self) -> str:
        return beginning(self.item.payload)


def _differences(request: HttpRequest, subject: Subject) -> HttpResponse:
    context: dict[str, Any] = {**subject.frame, "hidden": subject.hidden}
    if not subject.hidden:
        context |= _differing(request, subject, seen_by(request, subject))
    return render(request, "metaaudit/differences.html", context)


def _differing(request: HttpRequest, subject: Subject, seen: Evidence) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "") for name in ("rater", "reference", "criterion")}
    if not all(asked.values()):
        return {}
    known = set(seen.frame["rater"])
    if asked["criterion"] not in seen.criteria() or not {asked["rater"], asked["reference"]} <= known:
        raise Missing("There is no such pair of raters on that criterion.")
    cell = None
    if "said" in request.GET and "truth" in request.GET:
        cell = (request.GET["said"], request.GET["truth"])
    rows = differing_items(seen, **asked, cell=cell)
    pairs = list(zip(rows.index.tolist(), rows[asked["rater"]], rows[asked["reference"]], strict=True))
    found = Paginator(pairs, PER_PAGE).get_page(request.GET.get("page"))
    names, criterion = names_of(subject), criterion_of(seen.rubric, asked["criterion"])
    return {
        "rater": names[asked["rater"]],
        "reference": names[asked["reference"]],
        "criterion": asked["criterion"],
        "cell": cell and tuple(in_words(criterion, value) for value in cell),
        "page": found,
        "cases": _cases(subject, seen.rubric, list(found), asked),
        "table": TableState.from_request(request, {"item": "item"}, default="item"),
        "back_url": subject.url(TRUST, **asked, rubric=request.GET.get("rubric", "")),
    }


def _cases(
    subject: Subject, rubric: RubricSpec | None, pairs: list[tuple[int, str, str]], asked: dict[str, str]
) -> list[Difference]:
    keys = [item for item, _, _ in pairs]
    items = Item.objects.in_bulk(keys)
    criterion = asked["criterion"]
    opinions: dict[int, list[Said]] = {key: [] for key in keys}
    worded = partial(_value, rubric, criterion)
    for item, said in [*_imported(keys, criterion, asked, worded), *_own(subject, keys, criterion, worded)]:
        opinions[item].append(said)
    rulings: dict[int, str] = {}
    if subject.audit:
        open_cases = Disagreement.objects.filter(audit=subject.audit, item__in=keys)
        for case in open_cases if criterion == ITEM_PASSES else open_cases.filter(criterion=criterion):
            rulings[case.item_id] = address_of("disagreement", case.pk)
    spec = criterion_of(rubric, criterion)
    return [
        Difference(
            items[item], in_words(spec, truth), in_words(spec, said), opinions[item], rulings.get(item, "")
        )
        for item, said, truth in pairs
    ]


def _of_criterion(rows: Any, criterion: str) -> Any:
    return rows if criterion == ITEM_PASSES else rows.filter(criterion=criterion)


def _value(rubric: RubricSpec | None, criterion: str, own: str, value: str) -> str:
    """In the words of its scale; with the criterion's name where the whole item is looked at."""
    words = in_words(criterion_of(rubric, own), value)
    return f"{own}: {words}" if criterion == ITEM_PASSES else words


def _imported(
    keys: list[int], criterion: str, asked: dict[str, str], worded: Worded
) -> Iterable[tuple[int, Said]]:
    rows = _of_criterion(Rating.objects.filter(item__in=keys).select_related("rater"), criterion)
    if asked["reference"] != REFERENCE:
        rows = rows.filter(rater__name__in=[asked["rater"], asked["reference"]])
    for row in rows.order_by("rater__name", "criterion"):
        value = worded(row.criterion, row.value or "no usable answer")
        yield row.item_id, Said(row.rater.name, value, row.rationale)


def _own(subject: Subject, keys: list[int], criterion: str, worded: Worded) -> Iterable[tuple[int, Said]]:
    """The audit's reviews, and its judges' verdicts with the way to the exact prompt and response."""
    if not subject.audit:
        return
    answers = Answer.objects.filter(
        review__task__audit=subject.audit, review__task__item__in=keys, review__task__state="submitted"
    ).select_related("review__task__reviewer")
    for answer in _of_criterion(answers, criterion).order_by("review__task__replicate", "criterion"):
        task, words = answer.review.task, " ".join(filter(None, [answer.note, answer.review.comment]))
        yield task.item_id, Said(str(task.reviewer), worded(answer.criterion, answer.value), words)
    verdicts = Verdict.objects.filter(run__audit=subject.audit, item__in=keys)
    for verdict in _of_criterion(verdicts.select_related("run__judge_version__judge"), criterion):
        yield (
            verdict.item_id,
            Said(
                str(verdict.run.judge_version),
                worded(verdict.criterion, verdict.value or verdict.outcome),
                verdict.rationale or verdict.reason,
                address_of("run-call", verdict.call_id),
                "Prompt and response",
            ),
        )
