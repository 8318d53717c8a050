"""Importing ratings made elsewhere: upload, say which column is what, import."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput
from auditing.datasets.models import Batch
from auditing.datasets.problems import BadRows
from auditing.datasets.readers import Row, first_rows
from auditing.datasets.selectors import batches_visible_to
from auditing.datasets.uploads import keep, kept, plain_name
from auditing.ratings.services import import_ratings
from auditing.web.datasets.forms import RatingsUploadForm
from auditing.web.datasets.ratings_form import RatingsForm
from auditing.web.policy import page, person

ROWS_SHOWN = 5
TEMPLATE = "datasets/import_ratings.html"


@page(Permission.IMPORT_RATINGS)
def import_ratings_page(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(batches_visible_to(person(request), Permission.IMPORT_RATINGS), pk=pk)
    if request.method != "POST":
        return render(request, TEMPLATE, {"batch": batch, "upload": RatingsUploadForm()})
    return _upload(request, batch) if request.FILES else _import(request, batch)


def _upload(request: HttpRequest, batch: Batch) -> HttpResponse:
    """Keep the file and ask for its columns."""
    upload = RatingsUploadForm(request.POST, request.FILES)
    if not upload.is_valid():
        return render(request, TEMPLATE, {"batch": batch, "upload": upload})
    file = upload.cleaned_data["file"]
    path, name = keep(file.chunks()), plain_name(file.name)
    try:
        rows = _first_rows(path.name, name)
    except BadInput as error:
        path.unlink()
        upload.add_error("file", str(error))
        return render(request, TEMPLATE, {"batch": batch, "upload": upload})
    request.session[_key(batch)] = {"path": path.name, "name": name}
    return _ask(request, batch, rows, RatingsForm(_columns(rows)))


def _import(request: HttpRequest, batch: Batch) -> HttpResponse:
    """Import the kept file; what is wrong with it shows above the form, and the file stays for another try."""
    waiting = request.session.get(_key(batch))
    if not waiting or not kept(waiting["path"]).exists():
        messages.error(request, "Choose a file first.")
        return redirect("import-ratings", batch.pk)
    rows = _first_rows(waiting["path"], waiting["name"])
    form = RatingsForm(_columns(rows), request.POST)
    if not form.is_valid():
        return _ask(request, batch, rows, form)
    try:
        result = import_ratings(
            by=person(request),
            path=kept(waiting["path"]),
            file_name=waiting["name"],
            batch=batch,
            columns=form.columns(),
            constants=form.constants(),
            skip_bad=form.cleaned_data["skip_bad"],
        )
    except BadInput as error:
        return _ask(request, batch, rows, form, error)
    kept(waiting["path"]).unlink(missing_ok=True)
    del request.session[_key(batch)]
    messages.success(request, _said(result.imported, result.unchanged, result.rejected))
    return redirect("batch", batch.pk)


def _said(imported: int, unchanged: int, rejected: int) -> str:
    parts = [f"{imported:,} ratings imported"]
    if unchanged:
        parts.append(f"{unchanged:,} were there already")
    if rejected:
        parts.append(f"{rejected:,} bad rows left out")
    return "; ".join(parts) + "."


def _key(batch: Batch) -> str:
    return f"ratings-upload-{batch.pk}"


def _first_rows(path_name: str, name: str) -> list[Row]:
    rows = [row for row in first_rows(kept(path_name), name=name) if not row.problem]
    if not rows:
        raise BadInput("none of the first rows can be read", file=name)
    return rows


def _columns(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row.values))


def _ask(
    request: HttpRequest, batch: Batch, rows: list[Row], form: RatingsForm, error: BadInput | None = None
) -> HttpResponse:
    problems = [(p.line, p.field, p.message) for p in error.problems] if isinstance(error, BadRows) else []
    columns = _columns(rows)
    context: dict[str, Any] = {
        "batch": batch,
        "form": form,
        "columns": columns,
        "sample": [[row.values.get(column, "") for column in columns] for row in rows[:ROWS_SHOWN]],
        "error": error,
        "problems": problems,
        "more": error.count - len(problems) if isinstance(error, BadRows) else 0,
    }
    return render(request, TEMPLATE, context)
