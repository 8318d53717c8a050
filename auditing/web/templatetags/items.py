"""Showing an item: `{% load items %}` and `{% item_payload item %}`."""

from typing import Any

from django import template

from auditing.datasets.models import Item
from auditing.web.datasets.payload import parts

register = template.Library()


@register.inclusion_tag("datasets/_payload.html")
def item_payload(item: Item) -> dict[str, Any]:
    """What is shown and judged of an item, and nothing else of it."""
    return {"parts": parts(item.payload)}
