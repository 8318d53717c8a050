import pytest
from django.urls import reverse

from auditing.web.docs.views import FOLDER, TOPICS


def test_every_page_of_the_folder_is_offered():
    assert sorted(TOPICS) == sorted(path.stem for path in FOLDER.glob("*.md"))


@pytest.mark.django_db
def test_the_index_leads_to_every_topic(client, auditor):
    client.force_login(auditor)
    index = client.get(reverse("docs-statistics")).content.decode()
    for topic in TOPICS:
        address = reverse("docs-statistics-topic", args=[topic])
        assert address in index
        page = client.get(address).content.decode()
        assert "<h2>" in page
        assert "&gt;&gt;&gt; " in page


@pytest.mark.django_db
def test_the_plans_are_named(client, auditor):
    client.force_login(auditor)
    page = client.get(reverse("docs-statistics-topic", args=["acceptance"])).content.decode()
    assert "Acceptance: MIL-STD-105E / Z1.4" in page


@pytest.mark.django_db
def test_a_topic_that_does_not_exist(client, auditor):
    client.force_login(auditor)
    assert client.get("/docs/statistics/settings/").status_code == 404
