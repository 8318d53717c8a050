"""The shared cast. Builders (`make_*`) write plain rows with honest defaults; fixtures build the usual scene.

One collection that everybody reaches except `outsider`, one producer whose vendor is `vendor`, a batch of
twelve questions and answers, a published rubric and SOP, and an audit that has just been opened.
"""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from django.utils import timezone
from django.utils.text import slugify

from auditing.accounts.models import User
from auditing.accounts.roles import Role
from auditing.audits.models import Audit
from auditing.core.models import VersionState
from auditing.datasets.models import Batch, Collection, CollectionAccess, Item, Producer
from auditing.rubrics.models import Rubric, RubricVersion
from auditing.sops.models import Sop, SopVersion

PASSWORD = "correct horse battery staple"
NUMBERS = count(1)

RUBRIC: dict[str, Any] = {
    "rubric": "answer-correctness",
    "description": "Is an answer right, and does it help?",
    "criteria": [
        {
            "key": "correct",
            "question": "Is the answer correct?",
            "scale": {"type": "binary", "good": "yes"},
            "critical": True,
        },
        {
            "key": "helpful",
            "question": "How well does it do what was asked?",
            "weight": 2,
            "scale": {
                "type": "ordinal",
                "levels": [
                    {"value": 1, "label": "Useless", "anchor": "Nothing in it helps."},
                    {"value": 2, "label": "Partial", "anchor": "Half of what was asked."},
                    {"value": 3, "label": "Complete", "anchor": "All of what was asked."},
                ],
            },
        },
    ],
    "item_passes_when": "correct == 'yes' and helpful >= 2",
}

SOP: dict[str, Any] = {
    "sop": "answers-weekly",
    "rubric": "answer-correctness@1",
    "purpose": "Is a week's delivery fit for training?",
    "clauses": [{"key": "C1", "title": "Read the whole item", "text": "Score what is **there**."}],
    "sampling": {
        "method": "stratified",
        "by": "topic",
        "allocation": "proportional",
        "judge": "all",
        "human": 6,
        "overlap": 0.5,
        "opinions": 2,
    },
    "judges": [],
    "labels": {"source": "reviews", "reference": "adjudicated"},
    "acceptance": {
        "criterion": "item_passes",
        "at_least": 0.8,
        "confidence": 0.95,
        "side": "lower",
        "basis": "human",
    },
    "report": {"slices": ["producer", "topic"]},
}


def make_user(role: str, username: str = "", **fields: Any) -> User:
    """A person who can sign in with PASSWORD."""
    username = username or f"{role}-{next(NUMBERS)}"
    fields.setdefault("display_name", username.replace("-", " ").title())
    return User.objects.create_user(username, password=PASSWORD, role=role, **fields)


def make_collection(name: str = "", *, reached_by: list[User] | None = None, **fields: Any) -> Collection:
    name = name or f"Collection {next(NUMBERS)}"
    collection = Collection.objects.create(name=name, slug=slugify(name), **fields)
    for user in reached_by or []:
        CollectionAccess.objects.create(collection=collection, user=user)
    return collection


def make_batch(
    collection: Collection,
    by: User,
    *,
    name: str = "",
    size: int = 12,
    producer: Producer | None = None,
    payloads: list[dict[str, Any]] | None = None,
    topics: tuple[str, ...] = ("history", "science", "sport"),
) -> Batch:
    """A delivered batch; its items take their topics in turn."""
    name = name or f"batch-{next(NUMBERS)}"
    payloads = payloads or [
        {"input": f"Question {i}?", "output": f"Answer {i}.", "reference": f"Truth {i}."}
        for i in range(1, size + 1)
    ]
    batch = Batch.objects.create(
        collection=collection,
        producer=producer,
        name=name,
        received_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        file_name=f"{name}.jsonl",
        content_hash=f"{next(NUMBERS):064d}",
        item_count=len(payloads),
        slice_fields=["topic"],
        delivered_by=by,
    )
    Item.objects.bulk_create(
        Item(
            batch=batch,
            position=position,
            external_id=f"item-{position}",
            payload=payload,
            producer=producer,
            slices={"topic": topics[position % len(topics)]},
        )
        for position, payload in enumerate(payloads, start=1)
    )
    return batch


def make_rubric(by: User, content: dict[str, Any] | None = None) -> RubricVersion:
    """A published first version."""
    content = content or RUBRIC
    rubric = Rubric.objects.create(name=content["rubric"], description=content.get("description", ""))
    return RubricVersion.objects.create(rubric=rubric, content=content, **published_first_version(by))


def make_sop(
    collection: Collection, rubric_version: RubricVersion, by: User, content: dict[str, Any] | None = None
) -> SopVersion:
    """A published first version, bound to `rubric_version`."""
    content = {"collection": collection.name, **(content or SOP)}
    sop = Sop.objects.create(collection=collection, name=content["sop"])
    return SopVersion.objects.create(
        sop=sop, rubric_version=rubric_version, content=content, **published_first_version(by)
    )


def published_first_version(by: User) -> dict[str, Any]:
    return {
        "number": 1,
        "state": VersionState.PUBLISHED,
        "created_by": by,
        "published_by": by,
        "published_at": timezone.now(),
    }


def make_audit(batch: Batch, sop_version: SopVersion, by: User, *, seed: int = 20260302) -> Audit:
    """An audit that has been opened and nothing more."""
    number = batch.audits.count() + 1
    return Audit.objects.create(batch=batch, sop_version=sop_version, number=number, seed=seed, opened_by=by)


@pytest.fixture
def admin(db: None) -> User:
    return make_user(Role.ADMIN, "admin")


@pytest.fixture
def lead(db: None) -> User:
    return make_user(Role.LEAD, "lead")


@pytest.fixture
def auditors(db: None) -> list[User]:
    return [make_user(Role.AUDITOR, f"auditor-{letter}") for letter in "abc"]


@pytest.fixture
def auditor(auditors: list[User]) -> User:
    return auditors[0]


@pytest.fixture
def vendor(db: None) -> User:
    return make_user(Role.VENDOR, "vendor")


@pytest.fixture
def viewer(db: None) -> User:
    return make_user(Role.VIEWER, "viewer")


@pytest.fixture
def outsider(db: None) -> User:
    """A lead of other collections: the strongest role that must get nothing here."""
    return make_user(Role.LEAD, "outsider")


@pytest.fixture
def collection(
    lead: User, auditors: list[User], viewer: User, outsider: User, vendor: User, producer_name: str
) -> Collection:
    collection = make_collection("Question answering", reached_by=[lead, *auditors, viewer])
    producer = Producer.objects.create(collection=collection, name=producer_name)
    CollectionAccess.objects.create(collection=collection, user=vendor, producer=producer)
    make_collection("Elsewhere", reached_by=[outsider])
    return collection


@pytest.fixture
def producer_name() -> str:
    return "Acme Annotation"


@pytest.fixture
def producer(collection: Collection, producer_name: str) -> Producer:
    return collection.producers.get(name=producer_name)


@pytest.fixture
def batch(collection: Collection, producer: Producer, lead: User) -> Batch:
    return make_batch(collection, lead, name="week-10", producer=producer)


@pytest.fixture
def rubric_version(lead: User) -> RubricVersion:
    return make_rubric(lead)


@pytest.fixture
def sop_version(collection: Collection, rubric_version: RubricVersion, lead: User) -> SopVersion:
    return make_sop(collection, rubric_version, lead)


@pytest.fixture
def audit(batch: Batch, sop_version: SopVersion, lead: User) -> Audit:
    return make_audit(batch, sop_version, lead)
