"""Setting the scene: people, the simulated endpoint and judges, the collection, its rubric and its SOP."""

from pathlib import Path

from auditing.accounts import services as accounts
from auditing.accounts.models import User
from auditing.accounts.roles import Role
from auditing.datasets import services as datasets
from auditing.datasets.models import Collection, Producer
from auditing.demo.cast import COLLECTION, JUDGES, PEOPLE, VENDORS
from auditing.judging.definitions import create_judge, publish
from auditing.judging.endpoints import save_endpoint
from auditing.judging.models import Endpoint, Judge
from auditing.rubrics.services import import_rubric
from auditing.sops.models import SopVersion
from auditing.sops.services import acknowledge, import_sop

PASSWORD = "dokima-demo"  # noqa: S105  (said aloud on purpose: these people exist in demonstrations only)
ENDPOINT = "simulated"
DEFINITIONS = Path(__file__).parent / "definitions"


def definition(name: str) -> str:
    return (DEFINITIONS / name).read_text(encoding="utf-8")


def people() -> dict[str, User]:
    """The demonstration's people by username, made where they are missing."""
    found = {}
    for person in PEOPLE:
        user = User.objects.filter(username=person.username).first()
        found[person.username] = user or accounts.create_user(
            by=None,
            username=person.username,
            password=PASSWORD,
            role=person.role,
            display_name=person.name,
        )
    return found


def endpoint(base_url: str) -> Endpoint:
    """The endpoint of the simulated judges, at the address where they are served now."""
    known = Endpoint.objects.filter(name=ENDPOINT).first()
    if known and known.base_url == base_url:
        return known
    return save_endpoint(
        by=None, name=ENDPOINT, base_url=base_url, api_key="", concurrency=32, simulated=True
    )


def judge(name: str, description: str, *, model: str, endpoint: str, simulated: bool) -> Judge:
    """A published judge, made where it is missing."""
    known = Judge.objects.filter(name=name).first()
    if known:
        return known
    content = {"endpoint": endpoint, "model": model}
    made = create_judge(by=None, name=name, content=content, description=description, simulated=simulated)
    publish(by=None, judge=made, note="The demonstration's judge")
    return made


def simulated_judges() -> None:
    for name, description in JUDGES.items():
        judge(name, description, model=name, endpoint=ENDPOINT, simulated=True)


def collection(everybody: dict[str, User]) -> Collection:
    """The simulated collection; its vendors exist as producers, so that Vera can be let in as one of them."""
    made = Collection.objects.filter(name=COLLECTION).first() or datasets.create_collection(
        by=None,
        name=COLLECTION,
        description="Three simulated vendors key invoices. Everything here is made up, with planted truth.",
        simulated=True,
    )
    for vendor in VENDORS:
        Producer.objects.get_or_create(collection=made, name=vendor.name)
    let_in(everybody, made)
    return made


def let_in(everybody: dict[str, User], place: Collection) -> None:
    """Give everybody access; vendors only where they are a producer."""
    vendor_of = {person.username: person.vendor for person in PEOPLE}
    for user in everybody.values():
        if user.role == Role.ADMIN or user.access.filter(collection=place).exists():
            continue
        producer = Producer.objects.filter(collection=place, name=vendor_of[user.username]).first()
        if user.role != Role.VENDOR or producer:
            datasets.grant_access(by=None, collection=place, user=user, producer=producer)


def procedure(everybody: dict[str, User], place: Collection) -> SopVersion:
    """The rubric and the SOP, imported as files are, and read by the auditors."""
    import_rubric(by=None, text=definition("invoice-extraction.yaml"))
    version = import_sop(by=None, text=definition("invoice-acceptance.yaml"), collection=place)
    for user in everybody.values():
        if user.role == Role.AUDITOR:
            acknowledge(by=user, version=version)
    return version
