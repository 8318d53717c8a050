"""Components: what they write, and that nothing untrusted slips through them."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from auditing.accounts.models import User
from auditing.core.errors import BadInput, Conflict
from auditing.web.diffs import DiffLine, diff_lines
from auditing.web.forms import FilterForm, complaints_on
from auditing.web.gallery import gallery
from auditing.web.tables import TableState
from auditing.web.tabs import Tab
from auditing.web.templatetags.dokima import is_here, number, percent, undo_url
from auditing.web.toasts import say_with_undo
from tests.cast import make_user

NASTY = "<script>alert(1)</script>"
SAFE = "&lt;script&gt;alert(1)&lt;/script&gt;"


def rendered(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("value", "written"), [(0.9412, "94.1%"), (1, "100.0%"), (None, "–"), (float("nan"), "–")]
)
def test_percent(value: float | None, written: str) -> None:
    assert percent(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(12345.678, "12,345.68"), ("4", "4.00"), (None, "–"), ("", "–"), ("tie", "tie")]
)
def test_number(value: object, written: str) -> None:
    assert number(value) == written


def test_the_place_one_is_in() -> None:
    assert is_here("/", "/")
    assert not is_here("/", "/people/")
    assert is_here("/people/", "/people/7/")


@pytest.mark.parametrize(
    "source",
    [
        "{% button x kind='primary' %}",
        "{% link_button x '#' %}",
        "{% badge x %}",
        "{% status x %}",
        "{% card x hint=x %}{{ x }}{% endcard %}",
        "{% alert 'warn' title=x %}{{ x }}{% endalert %}",
        "{% stat x x hint=x %}",
        "{% empty_state x x action=x action_url='#' %}",
        "{% progress_bar 1 2 x detail=x %}",
        "{% code_block x x %}",
        "{% tag_list names %}",
        "{% key x %}",
        "{% tabs tabs %}",
        "{% stepper stations %}",
        "{% diff_view lines %}",
    ],
)
def test_text_is_escaped(source: str) -> None:
    page = rendered(
        source,
        x=NASTY,
        names=[NASTY],
        tabs=[Tab(NASTY, "#")],
        stations=[SimpleNamespace(name=NASTY, state="now", detail=NASTY, url="")],
        lines=[DiffLine("added", NASTY)],
    )
    assert NASTY not in page
    assert SAFE in page


def test_a_state_says_its_tone() -> None:
    assert "badge-bad" in rendered("{% status 'failed' %}")
    assert "in words" in rendered("{% status 'in_words' %}")


def test_an_interval_bar_stays_within_its_scale() -> None:
    bar = rendered("{% interval_bar 0.9 0.7 1.2 target=0.95 start=0.8 end=1 %}")
    assert 'x1="0.00%" x2="100.00%"' in bar  # 0.7 to 1.2, cut to the scale
    assert 'cx="50.00%"' in bar
    assert 'x1="75.00%"' in bar


def test_an_interval_bar_without_an_estimate_draws_none() -> None:
    bar = rendered("{% interval_bar x x x %}", x=None)
    assert "circle" not in bar
    assert "–" in bar


def test_times_are_told_in_words_with_the_exact_one_on_hover() -> None:
    now = timezone.now()
    assert "3 hours ago" in rendered("{% when x %}", x=now - timedelta(hours=3, minutes=2)).replace(
        "\xa0", " "
    )
    assert "in 2 days" in rendered("{% when x %}", x=now + timedelta(days=2, minutes=2)).replace("\xa0", " ")
    assert "<time datetime=" in rendered("{% when x %}", x=now)
    assert "never" in rendered("{% when x 'never' %}", x=None)


def test_a_link_to_a_page_that_does_not_exist_is_empty() -> None:
    assert rendered("{% place_url 'no-such-page' %}") == ""
    assert rendered("{% place_url 'person' 7 %}") == "/people/7/"


def test_the_stepper_marks_where_one_is() -> None:
    stations = [SimpleNamespace(name="Draw", state="now", detail="", url="/draw/")]
    page = rendered("{% stepper stations %}", stations=stations)
    assert 'aria-current="step"' in page
    assert 'href="/draw/"' in page


class Sample(forms.Form):
    name = forms.CharField(help_text="As in the file.")
    note = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)
    sure = forms.BooleanField()


def test_a_field_has_its_label_help_and_errors_tied_to_it() -> None:
    page = rendered("{% form_fields form %}", form=Sample({"name": ""}))
    assert '<label for="id_name">' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert "<legend>Kind</legend>" in page
    assert page.count("(optional)") == 1


def test_a_refusal_lands_on_the_field_it_names() -> None:
    form = Sample({"name": "x", "kind": "a", "sure": "on"})
    with complaints_on(form):
        raise BadInput("It is taken.", field="name")
    assert form.errors == {"name": ["It is taken."]}


def test_a_refusal_of_no_field_lands_on_the_form() -> None:
    form = Sample({"name": "x", "kind": "a", "sure": "on"})
    with complaints_on(form):
        raise Conflict("It is locked.")
    assert form.non_field_errors() == ["It is locked."]


class SampleFilter(FilterForm):
    search = forms.CharField()
    since = forms.DateField()


def test_a_filter_that_cannot_be_read_filters_nothing() -> None:
    filters = SampleFilter.of(RequestFactory().get("/?search=x&since=soon"))
    assert (filters.value("search"), filters.value("since")) == ("x", "")
    assert filters.is_active


def test_the_filter_bar_keeps_what_was_asked_and_offers_to_clear_it() -> None:
    page = rendered("{% filter_bar form %}", form=SampleFilter.of(RequestFactory().get("/?search=x")))
    assert 'value="x"' in page
    assert ">Clear</a>" in page
    assert "(optional)" not in page


def state_of(query: str) -> TableState:
    return TableState.from_request(
        RequestFactory().get(f"/?{query}"), {"name": "username", "role": "role"}, "-name"
    )


def test_a_table_reads_its_order_from_the_url_and_ignores_nonsense() -> None:
    assert (state_of("sort=role").column, state_of("sort=role").descending) == ("role", False)
    assert (state_of("sort=password").column, state_of("sort=password").descending) == ("name", True)


def test_sorting_keeps_the_filters_and_leaves_the_page() -> None:
    url = state_of("search=x&page=3&sort=role").sort_url("role")
    assert QueryDict(url.removeprefix("?")).dict() == {"search": "x", "sort": "-role"}


def test_pages_keep_order_and_filters() -> None:
    assert QueryDict(state_of("search=x&sort=role").page_url(2)[1:]).dict() == {
        "search": "x",
        "sort": "role",
        "page": "2",
    }


def test_a_page_holds_its_rows_in_order(db: None) -> None:
    people = [make_user("viewer", name) for name in ("c", "a", "b")]
    page = state_of("sort=name&page=2").page(User.objects.all(), size=2)
    assert [user.username for user in page] == ["c"]
    assert page.paginator.count == len(people)


def test_a_page_number_that_cannot_be_is_brought_back(db: None) -> None:
    make_user("viewer")
    assert state_of("page=x").page(User.objects.all()).number == 1
    assert state_of("page=99").page(User.objects.all()).number == 1


def test_every_line_of_both_texts_stands_in_a_diff_once() -> None:
    assert diff_lines("a\nb", "a\nc") == [("same", "a"), ("removed", "b"), ("added", "c")]


def test_an_undo_toast_posts_to_where_it_is_undone() -> None:
    request = request_with_messages()
    say_with_undo(request, "Deleted.", "/undo/7/")
    [message] = get_messages(request)
    assert undo_url(message) == "/undo/7/"
    assert 'action="/undo/7/"' in rendered("{% include '_components/toasts.html' %}", messages=[message])


def request_with_messages() -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def test_the_gallery_shows_every_component(db: None) -> None:
    request = request_with_messages()
    request.user = make_user("lead")
    page = gallery(request).content.decode()
    for mark in (
        "stepper",
        "interval-bar",
        "matrix",
        "diff-added",
        "progress",
        "empty",
        "facts",
        "code",
        "field",
    ):
        assert f'class="{mark}' in page or f" {mark}" in page, mark
