"""The meta-audit's dashboard, of an audit or of a batch with imported opinions."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from auditing.accounts.roles import Permission
from auditing.metaaudit.selectors import Evidence, comparisons, reference_labels, unscored_by_reason
from auditing.metaaudit.yardstick import yardstick
from auditing.web.metaaudit import trust
from auditing.web.metaaudit.evidence import seen_by
from auditing.web.metaaudit.forms import RubricFilter, TrustFilter
from auditing.web.metaaudit.subjects import (
    CASCADE,
    DIFFERENCES,
    ITEMS,
    TRUST,
    Subject,
    audit_subject,
    batch_subject,
)
from auditing.web.metaaudit.words import Names, names_of
from auditing.web.policy import page, person
from auditing.web.tables import TableState

SORTABLE = {
    name: name for name in ("rater", "rater_kind", "n", "unscored", "accuracy", "kappa", "ac1", "alpha")
}


@page(Permission.SEE_VERDICTS)
def audit_meta_audit(request: HttpRequest, pk: int) -> HttpResponse:
    return _dashboard(request, audit_subject(request, pk, TRUST, Permission.SEE_VERDICTS))


@page(Permission.SEE_VERDICTS)
def batch_meta_audit(request: HttpRequest, pk: int) -> HttpResponse:
    return _dashboard(request, batch_subject(request, pk, TRUST))


def _dashboard(request: HttpRequest, subject: Subject) -> HttpResponse:
    context: dict[str, Any] = {**subject.frame, "hidden": subject.hidden, "batch": subject.batch}
    if not subject.audit:
        context["scales"] = RubricFilter.of(request, user=person(request))
    if not subject.hidden:
        seen = seen_by(request, subject)
        if not seen.frame.empty and seen.raters(trust.default_criterion(seen)):
            context |= _compared(request, subject, seen)
    return render(request, "metaaudit/meta_audit.html", context)


def _compared(request: HttpRequest, subject: Subject, seen: Evidence) -> dict[str, Any]:
    names = names_of(subject)
    filters = TrustFilter.of(request, seen=seen, names=names)
    criterion = filters.value("criterion") or trust.default_criterion(seen)
    if not seen.raters(criterion):
        criterion = trust.default_criterion(seen)
    reference = filters.value("reference") or trust.default_reference(seen, subject, criterion)
    figure = filters.value("figure") or "kappa"
    filters.data = filters.data.copy() | {"criterion": criterion, "reference": reference, "figure": figure}  # type: ignore[attr-defined]
    table = TableState.from_request(request, SORTABLE, default="-accuracy")
    found = trust.shown(comparisons(seen, reference=reference, criterion=criterion))
    found = trust.sorted_by(found, SORTABLE[table.column], table.descending)
    among = [trust.among_humans(seen, key) for key in seen.criteria()]
    own = next(one for one in among if one.criterion == criterion)
    query = {"rubric": request.GET.get("rubric", "")}
    asked = {"criterion": criterion, "reference": reference}
    return {
        "trust_filters": filters,
        "criterion": criterion,
        "reference": names[reference],
        "cascade_url": subject.url(CASCADE, **query),
        "table": table,
        "rows": [
            trust.RaterRow(one, names[one.rater], subject.url(DIFFERENCES, rater=one.rater, **asked, **query))
            for one in found
        ],
        "chart_of_trust": trust.trust_chart(
            found, figure, reference, yardstick(seen, criterion=criterion, figure=figure), names
        )
        if found
        else None,
        "among": among,
        "auditors": trust.auditors_of(found, subject.audit, names),
        "warnings": trust.warnings_of(
            found, own, reference_labels(seen, rater=reference, criterion=criterion), names
        ),
        "unscored": [
            (
                {**row, "rater": names[row["rater"]]},
                subject.url(
                    ITEMS, rater=row["rater"], criterion=row["criterion"], opinion="unscored", **query
                ),
            )
            for row in unscored_by_reason(seen).to_dict("records")
        ],
        **_matrix(request, subject, seen, names, [one.rater for one in found], asked, query),
    }


def _matrix(
    request: HttpRequest,
    subject: Subject,
    seen: Evidence,
    names: Names,
    raters: list[str],
    asked: dict[str, str],
    query: dict[str, str],
) -> dict[str, Any]:
    """The confusion matrix of the rater that the URL names, or of the first; and the way to the others'."""
    if not raters:
        return {}
    kind_of = dict(seen.raters(asked["criterion"]))
    judges = [name for name in raters if kind_of[name] == "judge"]
    rater = request.GET.get("rater", "")
    rater = rater if rater in raters else (judges or raters)[0]
    return {
        "matrix_of": trust.matrix_of(seen, subject, {"rater": rater, **asked}, query, names),
        "matrix_rater": names[rater],
        "differences_url": subject.url(DIFFERENCES, rater=rater, **asked, **query),
        "matrix_choices": [
            (names[name], subject.url(TRUST, rater=name, **asked, **query) + "#matrix") for name in raters
        ],
    }
