"""Showing an item: every shape, and nothing of it trusted."""

import time

import pytest
from django.template import Context, Template

from auditing.datasets.models import Item
from auditing.web.datasets.payload import parts

DOT = "data:image/png;base64,iVBORw0KGgo="


def shown(payload: dict) -> str:
    return Template("{% load items %}{% item_payload item %}").render(
        Context({"item": Item(payload=payload)})
    )


def test_parts_come_in_reading_order():
    payload = {"reference": "r", "output": "o", "input": "i", "messages": [{"role": "user", "content": "m"}]}
    assert [part.heading for part in parts(payload)] == ["Conversation", "Input", "Output", "Reference"]


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "# Title\n\n<script>alert(1)</script>",
        "**bold** <img src=x onerror=alert(1)>",
        "[click](javascript:alert(1)) **now**",
        "![x](https://evil.example/pixel.png) **now**",
        '**x** [a](https://x.example" onclick="alert(1))',
        "<svg/onload=alert(1)> `code`",
        "</div></section><form action=/logout>",
    ],
)
@pytest.mark.parametrize("place", ["text", "turn", "role", "side", "key", "list", "image"])
def test_nothing_in_a_payload_runs_loads_or_breaks_out(attack, place):
    payload = {
        "text": {"input": attack},
        "turn": {"messages": [{"role": "user", "content": attack, "name": attack}]},
        "role": {"messages": [{"role": attack, "content": [{"type": "text", "text": attack}]}]},
        "side": {"candidates": {"a": attack, "b": attack}},
        "key": {"input": {attack: attack}},
        "list": {"reference": [attack, [attack]]},
        "image": {"images": [attack]},
    }[place]
    html = shown(payload).lower()
    for forbidden in ("<script", "<img", "<svg", "<form", 'javascript:alert(1)"', 'href="javascript'):
        assert forbidden not in html
    assert html.count("</section>") == 1


def test_markdown_is_rendered_with_its_source_behind_it():
    html = shown({"output": "# Title\n\n- one\n- **two**"})
    assert "<h1>Title</h1>" in html
    assert "<strong>two</strong>" in html
    assert "As written" in html
    assert "- **two**" in html


def test_plain_text_stays_exactly_as_it_is():
    assert ">a_b_c &lt; 3 * 4\n  indented</div>" in shown({"output": "a_b_c < 3 * 4\n  indented"})


def test_null_bytes_and_empty_text_show():
    assert "a␀b" in shown({"output": "a\x00b"})
    assert "(empty)" in shown({"output": "  "})


def test_a_megabyte_is_folded_away_but_all_there():
    html = shown({"output": "x" * 1_000_000})
    assert "Show all 1,000,000 characters" in html
    assert "x" * 1_000_000 in html


@pytest.mark.parametrize("mark", ["[", "**a", "`", "|", "\n|", "![", "# x\n[", "<", "_a "])
def test_no_text_keeps_the_page_waiting(mark):
    began = time.perf_counter()
    shown({"output": mark * (60_000 // len(mark))})
    shown({"output": mark * (19_000 // len(mark))})
    assert time.perf_counter() - began < 5


def test_chat_turns_and_their_parts():
    content = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": DOT}}]
    html = shown(
        {
            "messages": [
                {"role": "user", "content": content},
                {"role": "assistant", "content": "Seen", "tool_calls": [{"name": "f"}]},
            ]
        }
    )
    assert (
        html.index("Look") < html.index(f'<img src="{DOT}"') < html.index("Seen") < html.index("tool_calls")
    )


def test_pairs_stand_side_by_side():
    html = shown({"candidates": {"a": "first", "b": "second"}})
    assert html.count('payload-side"') == 2


def test_only_pictures_that_came_along_are_loaded():
    elsewhere = "https://pictures.example/x.png"
    html = shown({"images": [DOT, elsewhere, "data:image/svg+xml;base64,AAAA", "data:text/html,<script>"]})
    assert html.count("<img") == 1
    assert f'<a href="{elsewhere}" rel="noopener noreferrer nofollow">' in html
    assert "data:image/svg+xml" in html


def test_trees_and_what_is_too_big_for_one():
    html = shown(
        {"input": {"question": "Why?", "n": 3, "flag": True, "nothing": None, "list": [1, {"deep": "x"}]}}
    )
    for text in ("<dt>question</dt>", "Why?", ">3<", ">true<", "<dt>deep</dt>"):
        assert text in html
    deep: object = "bottom"
    for _ in range(45):
        deep = [deep]
    assert "bottom" in shown({"input": deep})
    assert "payload-json" in shown({"input": list(range(1000))})


def test_nothing_but_the_payload_is_shown():
    item = Item(
        payload={"output": "text"},
        external_id="secret-id",
        slices={"judge": "secret-slice"},
        cluster="secret-c",
    )
    html = Template("{% load items %}{% item_payload item %}").render(Context({"item": item}))
    assert "secret" not in html
