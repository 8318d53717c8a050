"""Endpoints and prices: where judges are asked, and what it costs."""

import ipaddress
import socket
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import SplitResult, urlsplit

import openai
from django.conf import settings
from django.db import transaction

from auditing.accounts.models import User
from auditing.core.errors import BadInput, Conflict, Missing
from auditing.journal.services import record
from auditing.judging.models import Endpoint, JudgeVersion, Price
from auditing.judging.policies import require_manage
from auditing.judging.schema import DEFAULT_ENDPOINT, JudgeSpec
from auditing.judging.secrets import decrypt, encrypt
from auditing.rubrics.schema import NAME
from judges.errors import JudgeError
from judges.providers.transports import call_error

PATIENCE = 10.0  # seconds a connection test waits
AWS_METADATA = ipaddress.ip_address("fd00:ec2::254")  # the one such address that is not link-local


@dataclass(frozen=True)
class Connection:
    """All that is needed to ask an endpoint; `api_key` is secret."""

    name: str
    base_url: str
    api_key: str
    concurrency: int = 32
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout_seconds: int = 60
    simulated: bool = False

    def __repr__(self) -> str:
        return f"Connection({self.name!r}, {self.base_url!r})"  # a traceback shows no key


def connections_for(version: JudgeVersion) -> list[Connection]:
    """The endpoints that a judge version names. Raises Conflict when one is missing, or its key cannot be read."""
    return [connection_named(name) for name in version.spec.endpoints]


def connection_named(name: str) -> Connection:
    """A stored endpoint, or for `default` the environment's. Raises Conflict."""
    endpoint = Endpoint.objects.filter(name=name).first()
    if endpoint is not None:
        return connection_of(endpoint)
    if name != DEFAULT_ENDPOINT:
        raise Conflict(f"There is no endpoint named {name!r}; add it, or let the judge name another.")
    if not _environment_names_one():
        raise Conflict(
            "There is no endpoint to ask: add one named 'default', or set OPENAI_BASE_URL and OPENAI_API_KEY."
        )
    base_url = settings.OPENAI_BASE_URL or "https://api.openai.com/v1"
    return Connection(DEFAULT_ENDPOINT, base_url, settings.OPENAI_API_KEY)


def missing_endpoints(spec: JudgeSpec) -> list[str]:
    """The endpoints that a judge names and that are not there to be asked."""
    there = set(Endpoint.objects.filter(name__in=spec.endpoints).values_list("name", flat=True))
    if _environment_names_one():
        there.add(DEFAULT_ENDPOINT)
    return [name for name in spec.endpoints if name not in there]


def usual_endpoint() -> str:
    """What a new judge asks: `default` where it is there, else the only endpoint there is."""
    names = list(Endpoint.objects.values_list("name", flat=True)[:2])
    is_there = _environment_names_one() or Endpoint.objects.filter(name=DEFAULT_ENDPOINT).exists()
    return names[0] if len(names) == 1 and not is_there else DEFAULT_ENDPOINT


def _environment_names_one() -> bool:
    return bool(settings.OPENAI_BASE_URL or settings.OPENAI_API_KEY)


def connection_of(endpoint: Endpoint) -> Connection:
    return Connection(
        name=endpoint.name,
        base_url=endpoint.base_url,
        api_key=decrypt(endpoint.encrypted_key),
        concurrency=endpoint.concurrency,
        requests_per_minute=endpoint.requests_per_minute,
        tokens_per_minute=endpoint.tokens_per_minute,
        timeout_seconds=endpoint.timeout_seconds,
        simulated=endpoint.simulated,
    )


@transaction.atomic
def save_endpoint(
    *,
    by: User | None,
    name: str,
    base_url: str,
    api_key: str | None = None,
    concurrency: int = 32,
    requests_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
    timeout_seconds: int = 60,
    simulated: bool = False,
) -> Endpoint:
    """Add an endpoint, or change the one of that name. `api_key=None` keeps the stored key, "" removes it.

    A stored key goes to no other address than it was entered for. Raises BadInput naming the field.
    """
    require_manage(by)
    base_url = _checked(name, base_url, concurrency, timeout_seconds)
    endpoint = Endpoint.objects.select_for_update().filter(name=name).first()
    is_new = endpoint is None
    endpoint = endpoint or Endpoint(name=name)
    if api_key is None and endpoint.encrypted_key and endpoint.base_url != base_url:
        raise BadInput("the address changes, so enter the key again", field="api_key")
    if api_key is not None:
        endpoint.encrypted_key = encrypt(api_key.strip())
    endpoint.base_url, endpoint.concurrency, endpoint.simulated = base_url, concurrency, simulated
    endpoint.requests_per_minute, endpoint.tokens_per_minute = requests_per_minute, tokens_per_minute
    endpoint.timeout_seconds = timeout_seconds
    endpoint.save()
    details = {"base_url": base_url, "concurrency": concurrency, "new_key": bool(api_key)}
    record(by=by, verb="added" if is_new else "changed", subject=endpoint, details=details)
    return endpoint


def _checked(name: str, base_url: str, concurrency: int, timeout_seconds: int) -> str:
    base_url = base_url.strip().rstrip("/")
    parts = _parts(base_url)
    if not NAME.fullmatch(name):
        raise BadInput("use small letters, digits, - and _ (at most 120)", field="name")
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.username:
        raise BadInput("give the whole address, for example https://api.openai.com/v1", field="base_url")
    if _is_link_local(parts.hostname or ""):
        raise BadInput(
            "is an address of the machine's own network, where no endpoint lives", field="base_url"
        )
    if not 1 <= concurrency <= 1000:
        raise BadInput("must be from 1 to 1000", field="concurrency")
    if not 1 <= timeout_seconds <= 600:
        raise BadInput("must be from 1 to 600 seconds", field="timeout_seconds")
    return base_url


def _parts(base_url: str) -> SplitResult:
    try:
        return urlsplit(base_url)
    except ValueError as error:
        raise BadInput(f"is no address: {error}", field="base_url") from error


def _is_link_local(host: str) -> bool:
    """Cloud machines keep their credentials at such an address, however it is written and whatever name it has."""
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):  # a name that nobody knows, or not yet
        return False
    return any(_is_metadata(ipaddress.ip_address(str(address[0]).partition("%")[0])) for *_, address in found)


def _is_metadata(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_link_local or address == AWS_METADATA


@transaction.atomic
def remove_endpoint(*, by: User | None, endpoint: Endpoint) -> None:
    """Forget an endpoint and its key; runs that need it pause and say so."""
    require_manage(by)
    record(by=by, verb="removed", subject=endpoint, details={"base_url": endpoint.base_url})
    endpoint.delete()


def models_of(connection: Connection) -> list[str]:
    """Ask the endpoint which models it has. Raises Conflict with what went wrong."""
    with openai.OpenAI(
        base_url=connection.base_url,
        api_key=connection.api_key or "none",
        timeout=PATIENCE,
        max_retries=0,
    ) as client:
        try:
            return sorted(model.id for model in client.models.list())
        except openai.APIError as error:
            found: JudgeError = call_error(error)
            raise Conflict(f"{connection.name} does not answer as it should: {found}") from error


@transaction.atomic
def set_price(*, by: User | None, model: str, prompt: Decimal, completion: Decimal) -> Price:
    """What a million tokens of a model cost, in US dollars; counts for calls from now on."""
    require_manage(by)
    if not model.strip():
        raise BadInput("name the model", field="model")
    if min(prompt, completion) < 0 or max(prompt, completion) >= 100_000:
        raise BadInput("must be a price from 0 to 99,999 dollars", field="prompt")
    price, _ = Price.objects.update_or_create(
        model=model.strip(),
        defaults={"prompt_per_million": prompt, "completion_per_million": completion},
    )
    record(
        by=by, verb="priced", subject=price, details={"prompt": str(prompt), "completion": str(completion)}
    )
    return price


@transaction.atomic
def remove_price(*, by: User | None, model: str) -> None:
    """Its calls then have no known cost. Raises Missing."""
    require_manage(by)
    price = Price.objects.filter(model=model).first()
    if price is None:
        raise Missing(f"There is no price for {model!r}.")
    record(by=by, verb="removed the price of", subject=price)
    price.delete()
