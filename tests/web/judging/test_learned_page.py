"""The page of a learned judge says how good it is, and not its thousands of numbers."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.datasets.models import Batch
from auditing.rubrics.models import RubricVersion
from auditing.training.labelled import Source
from auditing.training.services import train_judge
from tests.training.conftest import labelled, make_answers

__all__ = ["labelled", "make_answers"]


def test_its_report_stands_on_its_page(
    labelled: Batch,
    make_answers: Callable[..., Batch],
    rubric_version: RubricVersion,
    lead: User,
    client: Client,
) -> None:
    version = train_judge(
        by=None,
        name="learner",
        rubric_version=rubric_version,
        sources=[Source(labelled)],
        criteria=["correct"],
    )
    client.force_login(lead)
    page = client.get(reverse("judge", args=["learner"])).content.decode()
    report = version.content["criteria"]["correct"]["report"]
    assert f"{report['accuracy']:.1%}".removesuffix("%") in page
    assert f"{report['brier']:.4f}" in page
    assert "How sure" in page
    assert "90 labelled items" in page
