"""Sorted, paged tables whose whole state stands in the URL (`?sort=-name&page=2`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

PAGE_SIZE = 50


@dataclass(frozen=True)
class TableState:
    """What the URL asks of a table. `sortable` maps a column's name in the URL to what the database orders by."""

    sortable: Mapping[str, str]
    column: str
    descending: bool
    page_number: str
    query: QueryDict

    @classmethod
    def from_request(cls, request: HttpRequest, sortable: Mapping[str, str], default: str) -> "TableState":
        """Read the URL; `default` is a column's name, with a minus in front for descending order."""
        asked = request.GET.get("sort", default)
        if asked.removeprefix("-") not in sortable:
            asked = default
        return cls(
            sortable,
            asked.removeprefix("-"),
            asked.startswith("-"),
            request.GET.get("page", "1"),
            request.GET,
        )

    def page(self, rows: QuerySet[Any], size: int = PAGE_SIZE) -> Page[Any]:
        """One page of the rows, in order; ties in primary key order, so that no row shows twice or never."""
        sign = "-" if self.descending else ""
        ordered = rows.order_by(f"{sign}{self.sortable[self.column]}", f"{sign}pk")
        return Paginator(ordered, size).get_page(self.page_number)

    def direction_of(self, column: str) -> str:
        """`ascending` or `descending` for the column sorted by, else empty."""
        if column != self.column:
            return ""
        return "descending" if self.descending else "ascending"

    def sort_url(self, column: str) -> str:
        """The same table sorted by that column, the other way round if it is already."""
        turn = self.direction_of(column) == "ascending"
        return self._with(sort=f"-{column}" if turn else column, page=None)

    def page_url(self, number: int) -> str:
        return self._with(page=str(number))

    def _with(self, **changes: str | None) -> str:
        query = self.query.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return f"?{query.urlencode()}"
