"""How a request crosses the network: through the `openai` package, or past it at a tenth of the CPU.

Both send the same method, address, headers and body, read the same bytes and raise the same errors;
`tests/judges/test_transports.py` holds them to it. The package is the reference.
"""

import json
import math
import os
import ssl
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from io import BytesIO
from typing import Any, Protocol
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
import openai
from yarl import URL

from judges import errors
from judges.contracts import Resource
from judges.encoding import json_bytes
from judges.fencing import clean

_MESSAGE_CAP = 500
_LARGE = 1 << 19  # bytes
_PATHS: Mapping[Resource, bytes] = {"chat": b"chat/completions", "decisions": b"decisions"}
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)  # the caller limits the whole attempt


class Transport(Protocol):
    """Sends requests with one client's address and credentials."""

    async def post(self, body: Mapping[str, Any], resource: Resource = "chat") -> bytes:
        """The reply's content; raises CallError for anything but success."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class SdkTransport:
    """Through the `openai` package."""

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client

    async def post(self, body: Mapping[str, Any], resource: Resource = "chat") -> bytes:
        """The raw response is taken because the package's own parsing lets any body through."""
        try:
            response = await (self._chat(body) if resource == "chat" else self._decisions(body))
        except openai.APIError as error:
            raise call_error(error) from error
        content: bytes = response.content
        return content

    def _chat(self, body: Mapping[str, Any]) -> Awaitable[Any]:
        create = self._client.chat.completions.with_raw_response.create
        rest = _without(body, "model", "messages")
        return create(model=body["model"], messages=body["messages"], extra_body=rest)

    def _decisions(self, body: Mapping[str, Any]) -> Awaitable[Any]:
        create = self._client.decisions.with_raw_response.create
        rest = _without(body, "model", "input", "questions")
        return create(model=body["model"], input=body["input"], questions=body["questions"], extra_body=rest)

    async def aclose(self) -> None:
        """Nothing: the client is its owner's to close."""


class LeanTransport:
    """Through `aiohttp`, with the address and the headers that the `openai` client would use.

    Belongs to one event loop. Proxies and certificates come from the environment, as the package has them.
    """

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        base = client.base_url
        self._urls = {
            resource: URL(str(base.copy_with(raw_path=base.raw_path + path)), encoded=True)
            for resource, path in _PATHS.items()
        }
        self._headers = _headers(client)
        self._proxy = proxy_for(self._urls["chat"])
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: Mapping[str, Any], resource: Resource = "chat") -> bytes:
        session = self._session or self._open()
        content = json_bytes(body)
        try:
            async with session.post(
                self._urls[resource], data=_payload(content), proxy=self._proxy
            ) as response:
                reply = await response.read()
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a redirect to no address
            raise errors.ConnectionLost(f"Connection error. ({error!r})") from error
        if response.status >= 300:
            raise status_error(response.status, *_complaint(response.status, reply), response.headers)
        return reply

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0, ssl=certificates())
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_NO_TIMEOUT,
        )
        return self._session


def lean_or_sdk(client: openai.AsyncOpenAI) -> Transport:
    """The lean transport, except behind a proxy that `aiohttp` does not speak to (SOCKS)."""
    proxy = proxy_for(URL(str(client.base_url)))
    return (
        LeanTransport(client) if proxy is None or proxy.scheme in ("http", "https") else SdkTransport(client)
    )


def proxy_for(url: URL) -> URL | None:
    """The proxy that the environment names for this address (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY)."""
    proxies = getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or proxy_bypass(url.host or ""):
        return None
    return URL(address if "://" in address else f"http://{address}")


def call_error(error: openai.APIError) -> errors.CallError:
    """The same error in Dokima's tree."""
    if isinstance(error, openai.APIStatusError):
        return status_error(error.status_code, _said(error.message), error.code, error.response.headers)
    if isinstance(error, openai.APITimeoutError):
        return errors.TimedOut(_said(error.message))
    if isinstance(error, openai.APIConnectionError):
        return errors.ConnectionLost(f"{_said(error.message)} ({error.__cause__!r})")
    return errors.BadReply(_said(error.message))


def status_error(status: int, said: str, code: str | None, headers: Mapping[str, str]) -> errors.CallError:
    """What an HTTP status other than success means. `said` are the endpoint's words, `code` its own name for it."""
    message = f"HTTP {status}: {said}"
    if code == "insufficient_quota":
        return errors.OutOfCredit(message)
    if code == "content_filter":
        return errors.ContentFiltered(message)
    match status:
        case 401:
            return errors.NotAuthorised(message)
        case 402:
            return errors.OutOfCredit(message)
        case 404:
            return errors.UnknownModel(message)
        case 429:
            return errors.RateLimited(message, retry_after(headers))
        case 408 | 409:
            return errors.ServerFault(message)
        case status if status >= 500:
            return errors.ServerFault(message)
    return errors.BadRequest(message)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds asked for by `retry-after-ms` or `Retry-After` (seconds or an HTTP date); None if not said."""
    milliseconds, asked = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds is not None:
            return _waitable(float(milliseconds) / 1000)
        return None if asked is None else _waitable(float(asked))
    except ValueError:
        return _seconds_until(asked or "", now or datetime.now(UTC))


def _waitable(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(date) - now).total_seconds())
    except (ValueError, TypeError):  # not a date, or one without a zone
        return None


def _without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def _headers(client: openai.AsyncOpenAI) -> dict[str, str]:
    """What the client sends with every request; headers that it leaves out are marked by other objects."""
    named = {**client.auth_headers, **client.default_headers}
    return {name: value for name, value in named.items() if isinstance(value, str)}


def certificates() -> ssl.SSLContext:
    """Those of the environment, as the `openai` package has them: read once, for that takes as long as 50 calls."""
    return _certificates_of(*map(os.environ.get, ["SSL_CERT_FILE", "SSL_CERT_DIR"]))


@lru_cache(maxsize=8)
def _certificates_of(file: str | None, folder: str | None) -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _payload(content: bytes) -> bytes | BytesIO:
    """Large bodies, such as pictures, are written piece by piece, so that they hold up no other call."""
    return BytesIO(content) if len(content) > _LARGE else content


def _complaint(status: int, content: bytes) -> tuple[str, str | None]:
    """The endpoint's words about a failure, as the `openai` package puts them, and its code."""
    words = f"Error code: {status}"
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return words, None
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return words, None
    message, code = error.get("message"), error.get("code")
    if isinstance(message, str) and message:
        words = f"{words} - {message}"
    return _said(words), None if code is None else str(code)


def _said(words: str) -> str:
    return clean(words)[:_MESSAGE_CAP]
