"""Collections, batches and items in the browser, and who does not get to see them."""

import json

import pytest
from django.urls import reverse

from auditing.datasets.models import Batch, Collection, Item, Producer, RejectedRow
from auditing.ratings.services import import_ratings
from auditing.reviews.models import ReviewTask, TaskState
from auditing.reviews.services import unblind
from tests.cast import make_batch


@pytest.fixture
def as_lead(client, lead):
    client.force_login(lead)
    return client


@pytest.fixture
def rated(batch, lead, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(
        "item_id,rater,rater_kind,criterion,value,rationale\n"
        "item-1,gpt,judge,correct,Yes,a secret thought\nitem-1,ann,human,correct,,\n"
    )
    import_ratings(by=lead, path=path, batch=batch)
    return batch


def text(answer) -> str:
    return answer.content.decode()


def test_the_list_counts_what_a_person_sees(as_lead, batch):
    page = text(as_lead.get(reverse("collections")))
    assert "Question answering" in page
    assert "Elsewhere" not in page


def test_a_collection_is_made_and_edited(as_lead):
    answer = as_lead.post(
        reverse("collection-new"), {"name": "New one", "description": "For tests"}, follow=True
    )
    assert "No batches yet" in text(answer)
    made = Collection.objects.get(name="New one")
    as_lead.post(reverse("collection-edit", args=[made.slug]), {"name": "Renamed", "description": ""})
    made.refresh_from_db()
    assert (made.name, made.slug) == ("Renamed", "new-one")


def test_a_name_that_is_taken_is_said_and_nothing_is_made(as_lead, collection):
    page = as_lead.post(
        reverse("collection-new"),
        {"name": collection.name},
        follow=True,
        headers={"referer": "http://testserver/collections/new/"},
    )
    assert "There is a collection named Question answering already." in text(page)
    assert Collection.objects.filter(name=collection.name).count() == 1


def test_a_collection_shows_its_batches_and_people(as_lead, batch, vendor):
    page = text(as_lead.get(reverse("collection", args=[batch.collection.slug])))
    for words in ("week-10", "Acme Annotation", str(vendor), "Deliver a batch"):
        assert words in page


def test_access_is_given_and_withdrawn(as_lead, collection, outsider):
    slug = collection.slug
    as_lead.post(reverse("collection-grant", args=[slug]), {"user": outsider.pk})
    assert collection.access.filter(user=outsider).exists()
    as_lead.post(reverse("collection-withdraw", args=[slug, outsider.pk]))
    assert not collection.access.filter(user=outsider).exists()


def test_a_batch_shows_facts_spread_and_items(as_lead, batch):
    page = text(as_lead.get(reverse("batch", args=[batch.pk])))
    for words in ("week-10.jsonl", "history", "item-12", "Answer 3.", "No audit yet", f"?batch={batch.pk}"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("slice=topic%3Dscience", "item-1<", "item-2<"),
        ("search=item-11", "item-11<", "item-2<"),
        ("slice=x%3Dy", "item-1<", "nothing<"),
    ],
)
def test_items_are_filtered_through_the_url(as_lead, batch, query, there, gone):
    page = text(as_lead.get(reverse("batch", args=[batch.pk]) + "?" + query))
    assert there in page
    assert gone not in page


def test_a_batch_counts_its_ratings(as_lead, rated):
    page = text(as_lead.get(reverse("batch", args=[rated.pk])))
    assert "Imported ratings" in page
    assert "gpt" in page


def test_rejects_are_a_harmless_file(as_lead, batch):
    RejectedRow.objects.create(batch=batch, line=3, field="id", message="bad", raw='=cmd|"x"')
    answer = as_lead.get(reverse("batch-rejects", args=[batch.pk]))
    assert b"".join(answer.streaming_content) == b'line,field,problem,row\r\n3,id,bad,"\'=cmd|""x"""\r\n'


def test_deleting_can_be_undone(as_lead, batch):
    page = text(as_lead.post(reverse("batch-delete", args=[batch.pk]), follow=True))
    assert reverse("batch-restore", args=[batch.pk]) in page
    assert as_lead.get(reverse("batch", args=[batch.pk])).status_code == 404
    assert as_lead.post(reverse("batch-restore", args=[batch.pk]), follow=True).status_code == 200
    assert Batch.objects.get(pk=batch.pk).name == "week-10"


def test_an_item_shows_its_payload_and_ratings(as_lead, rated):
    item = rated.items.get(position=1)
    page = text(as_lead.get(reverse("item", args=[item.pk])))
    for words in ("Question 1?", "Answer 1.", "science", "a secret thought", "no usable answer"):
        assert words in page


def test_who_is_about_to_review_sees_no_opinion(as_lead, rated, audit, lead):
    item = rated.items.get(position=1)
    page = text(as_lead.get(reverse("item", args=[item.pk])))
    assert "You may still be asked to review" in page
    task = ReviewTask.objects.create(
        audit=audit, item=item, position=1, reviewer=lead, state=TaskState.ASSIGNED
    )
    for state in (TaskState.ASSIGNED, TaskState.SUBMITTED):
        ReviewTask.objects.filter(pk=task.pk).update(state=state)
        page = text(as_lead.get(reverse("item", args=[item.pk])))
        assert "Opinions are hidden." in page
        assert "a secret thought" not in page


def test_who_made_an_item_is_kept_from_who_may_review_it(as_lead, batch, audit, lead):
    pages = [reverse("item", args=[batch.items.first().pk]), reverse("batch", args=[batch.pk])]
    made_by_others = "Hidden Hands"
    batch.items.update(producer=Producer.objects.create(collection=batch.collection, name=made_by_others))
    assert not any(made_by_others in text(as_lead.get(page)) for page in pages)
    assert made_by_others not in text(as_lead.get(f"{pages[1]}?sort=producer"))
    unblind(by=lead, batch=batch)
    assert all(made_by_others in text(as_lead.get(page)) for page in pages)


def test_a_vendor_sees_her_own_batches_and_no_items_or_opinions(client, vendor, rated, collection, lead):
    other = make_batch(collection, lead, name="somebody-elses")
    client.force_login(vendor)
    page = text(client.get(reverse("collection", args=[collection.slug])))
    assert "week-10" in page
    assert "somebody-elses" not in page
    assert client.get(reverse("batch", args=[other.pk])).status_code == 404
    own = text(client.get(reverse("batch", args=[rated.pk])))
    for hidden in ("item-1<", "gpt", ">history"):
        assert hidden not in own
    assert client.get(reverse("item", args=[rated.items.first().pk])).status_code == 404


def test_an_outsider_gets_nothing(client, outsider, batch):
    client.force_login(outsider)
    item = Item.objects.filter(batch=batch).first()
    for name, key in (
        ("collection", batch.collection.slug),
        ("deliver", batch.collection.slug),
        ("batch", batch.pk),
        ("batch-rejects", batch.pk),
        ("import-ratings", batch.pk),
        ("item", item.pk),
    ):
        assert client.get(reverse(name, args=[key])).status_code == 404
    assert client.post(reverse("batch-delete", args=[batch.pk])).status_code == 404


def test_html_in_an_id_is_only_text(as_lead, collection, lead):
    bad = make_batch(collection, lead, payloads=[{"output": "<script>x</script>"}])
    Item.objects.filter(batch=bad).update(external_id="<script>id</script>", slices={"topic": "<b>t</b>"})
    for url in (reverse("batch", args=[bad.pk]), reverse("item", args=[bad.items.get().pk])):
        page = text(as_lead.get(url))
        assert "<script>id" not in page
        assert "<script>x" not in page
        assert "<b>t" not in page


def test_ratings_are_imported_by_choosing_columns(as_lead, batch, tmp_path):
    url = reverse("import-ratings", args=[batch.pk])
    path = tmp_path / "judges.csv"
    path.write_text("item_id,judge,criterion,score\nitem-1,gpt,correct,Yes\nnobody,gpt,correct,No\n")
    with open(path, "rb") as file:
        page = text(as_lead.post(url, {"file": file}))
    assert '<option value="judge" selected>' in page
    chosen = {"item_id": "item_id", "rater": "judge", "criterion": "criterion", "value": "score"}
    page = text(as_lead.post(url, chosen))
    assert "there is no column for rater_kind" in page
    page = text(as_lead.post(url, chosen | {"rater_kind": "every row: judge"}))
    assert "the batch has no item &#x27;nobody&#x27;" in page
    page = text(as_lead.post(url, chosen | {"rater_kind": "every row: judge", "skip_bad": "on"}, follow=True))
    assert "1 ratings imported; 1 bad rows left out." in page
    assert batch.ratings_files.get().rating_count == 1


def test_a_file_that_is_no_ratings_file_is_refused(as_lead, batch, tmp_path, settings):
    settings.DELIVERIES_ROOT = tmp_path / "kept"
    for name, content in (("x.exe", b"MZ"), ("x.csv", b"\xff\xfe"), ("x.jsonl", json.dumps([1]).encode())):
        (tmp_path / name).write_bytes(content)
        with open(tmp_path / name, "rb") as file:
            page = text(as_lead.post(reverse("import-ratings", args=[batch.pk]), {"file": file}))
        assert "field-error" in page or "errorlist" in page
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.parametrize("name", ["2024", "a__b", "it's", "0"])
def test_items_can_be_filtered_by_a_slice_of_any_name(as_lead, batch, name):
    Item.objects.filter(batch=batch).update(slices={name: "old"})
    Item.objects.filter(batch=batch, position=1).update(slices={name: "new"})
    Batch.objects.filter(pk=batch.pk).update(slice_fields=[name])
    answer = as_lead.get(reverse("batch", args=[batch.pk]), {"slice": f"{name}=new"})
    spread = answer.context["spread"][-1]
    assert [(share.value, share.count) for share in spread.shares] == [("old", 11), ("new", 1)]
    assert [line.item.external_id for line in answer.context["rows"]] == ["item-1"]


def test_many_slices_cost_no_more_questions(as_lead, batch, django_assert_max_num_queries):
    names = [f"s{number}" for number in range(50)]
    Item.objects.filter(batch=batch).update(slices=dict.fromkeys(names, "x"))
    Batch.objects.filter(pk=batch.pk).update(slice_fields=names)
    with django_assert_max_num_queries(40):
        as_lead.get(reverse("batch", args=[batch.pk]))
