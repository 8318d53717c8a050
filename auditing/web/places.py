"""Addresses of pages that may not exist."""

from typing import Any

from django.urls import NoReverseMatch, reverse


def address_of(name: str, *args: Any) -> str:
    """The page's address; empty when the product has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
