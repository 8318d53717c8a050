"""Undo instead of a question: say what was done, with a button that takes it back."""

from django.contrib import messages
from django.http import HttpRequest

UNDO = "undo:"


def say_with_undo(request: HttpRequest, text: str, undo_url: str) -> None:
    """Show `text` on the next page, with an Undo button that POSTs to `undo_url` (key z)."""
    messages.success(request, text, extra_tags=f"{UNDO}{undo_url}")
