"""The drawn state machines."""

import pytest

from auditing.config.management.commands import draw_lifecycles as drawing
from auditing.core.errors import BadInput


def test_the_audits_way_is_drawn():
    rooms = [room for room, _ in drawing.lifecycles()]
    assert "audits" in rooms
    drawn = drawing.redrawn(f"# Map\n{drawing.BEGIN}\nold\n{drawing.END}\nrest\n")
    assert "opened --> drawn: draw" in drawn
    assert "old" not in drawn
    assert drawn.startswith("# Map\n")
    assert drawn.endswith("\nrest\n")


def test_drawing_twice_changes_nothing():
    once = drawing.redrawn(f"{drawing.BEGIN}{drawing.END}")
    assert drawing.redrawn(once) == once


def test_a_map_without_markers_is_refused():
    with pytest.raises(BadInput, match="markers"):
        drawing.redrawn("# Map\n")
