"""The provider's Batch API: many chats in one file, answered within a day, for less money.

What is sent and read is the same as live (`Request.body`, `read_reply`); only the way there differs. Each batch
carries a `mark` of ours in its metadata, by which one that was made but not recorded is found again.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import IO, Any, Literal, Self

import openai

from judges import errors
from judges.contracts import Completion, Request
from judges.pricing import BATCH_FACTOR, Price
from judges.providers.openai_compatible import read_reply
from judges.providers.transports import call_error, status_error

MOST_LINES = 50_000
MOST_BYTES = 190_000_000  # the provider takes 200 MB
WINDOW: Literal["24h"] = "24h"
MARK = "dokima"
LOOKED_THROUGH = 1000  # of the account's newest batches, when one is sought by its mark
_IN_MEMORY = 8_000_000
_SAID_CAP = 500
_WORKING = ("validating", "in_progress", "finalizing", "cancelling")
_PATHS = {"chat": "/v1/chat/completions"}


class TooMuch(errors.JudgeError, ValueError):
    """The lines do not fit into one batch."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a batch is. `status` is the provider's word; `reason` says why it failed as a whole."""

    batch_id: str
    status: str
    completed: int
    failed: int
    total: int
    reason: str
    files: tuple[str, ...]

    @property
    def is_working(self) -> bool:
        return self.status in _WORKING

    @property
    def has_failed(self) -> bool:
        """It was refused as a whole: nothing was asked, nothing is paid."""
        return self.status == "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one line: the reply's body, or why there is none."""

    key: str
    body: Mapping[str, Any] | None = None
    error: errors.CallError | None = None

    def completion(self, request: Request, prices: Mapping[str, Price], sent_at: datetime) -> Completion:
        """The reply to its request, at the batch's price. Raises CallError where none came."""
        if self.body is None:
            raise self.error or errors.BadReply("the batch's result has neither a reply nor an error")
        reply = read_reply(request, self.body, prices, sent_at, latency_ms=0.0)
        return replace(reply, cost=None if reply.cost is None else reply.cost * BATCH_FACTOR)


class BatchDesk:
    """Hands batches in at one endpoint and fetches what came of them. Use it with `with`."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 60.0,
        most_lines: int = MOST_LINES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        # no retries: a batch that was made though its reply was lost would be made again, and paid twice
        self._client = openai.OpenAI(
            base_url=base_url, api_key=api_key or "none", timeout=timeout, max_retries=0
        )
        self._most_lines, self._most_bytes = most_lines, most_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def submit(
        self, mark: str, lines: Iterable[tuple[str, Request]], last_word: Callable[[], None] = lambda: None
    ) -> str:
        """Hand in one batch of (key, request); returns its id. `last_word` is called when all but that is done, and
        may raise: then nothing is made.

        Raises CallError, and TooMuch, before anything is sent, when the lines are more than one batch takes.
        """
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            self._write(file, lines)
            file.seek(0)
            try:
                uploaded = self._client.files.create(file=(f"{mark}.jsonl", file), purpose="batch")
                last_word()
                batch = self._client.batches.create(
                    input_file_id=uploaded.id,
                    endpoint="/v1/chat/completions",
                    completion_window=WINDOW,
                    metadata={MARK: mark},
                )
            except openai.APIError as error:
                raise call_error(error) from error
        return batch.id

    def find(self, mark: str) -> str | None:
        """The id of the batch with this mark, among the account's newest; None if there is none."""
        try:
            for number, batch in enumerate(self._client.batches.list(limit=100)):
                if (batch.metadata or {}).get(MARK) == mark:
                    return batch.id
                if number >= LOOKED_THROUGH:
                    break
        except openai.APIError as error:
            raise call_error(error) from error
        return None

    def look(self, batch_id: str) -> Standing:
        """How far it is. Raises CallError."""
        try:
            batch = self._client.batches.retrieve(batch_id)
        except openai.APIError as error:
            raise call_error(error) from error
        counts, faults = batch.request_counts, (batch.errors.data if batch.errors else None) or []
        return Standing(
            batch_id=batch.id,
            status=batch.status,
            completed=counts.completed if counts else 0,
            failed=counts.failed if counts else 0,
            total=counts.total if counts else 0,
            reason="; ".join(fault.message or fault.code or "" for fault in faults[:3]),
            files=tuple(filter(None, (batch.output_file_id, batch.error_file_id))),
        )

    def results(self, standing: Standing) -> Iterator[Result]:
        """What came of each line, in any order; a line that never had its turn may be missing. Raises CallError."""
        try:
            for file_id in standing.files:
                with self._client.files.with_streaming_response.content(file_id) as response:
                    yield from (_result(line) for line in _lines(response.iter_bytes()) if line.strip())
        except openai.APIError as error:
            raise call_error(error) from error

    def withdraw(self, batch_id: str) -> None:
        """Ask the provider to stop; what it has answered by then is paid and can be fetched. Raises CallError."""
        try:
            self._client.batches.cancel(batch_id)
        except openai.APIError as error:
            raise call_error(error) from error

    def _write(self, file: IO[bytes], lines: Iterable[tuple[str, Request]]) -> None:
        for number, (key, request) in enumerate(lines, start=1):
            file.write(line_of(key, request))
            if number > self._most_lines or file.tell() > self._most_bytes:
                raise TooMuch(f"more than {self._most_lines:,} lines or {self._most_bytes:,} bytes")


def line_of(key: str, request: Request) -> bytes:
    """A request as a line of a batch's file. Raises KeyError for a resource that goes by no batch."""
    url = _PATHS[request.resource]
    line = {"custom_id": key, "method": "POST", "url": url, "body": request.body()}
    return json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines end with a line feed: what else Python takes for the end of one may stand within a JSON string."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def _result(line: bytes) -> Result:
    try:
        said = json.loads(line)
        key, response, error = said["custom_id"], said.get("response"), said.get("error")
    except (ValueError, TypeError, KeyError) as unreadable:
        raise errors.BadReply("the batch's results cannot be read") from unreadable
    if not isinstance(response, dict):
        return Result(key, error=_unasked(error))
    body, status = response.get("body"), response.get("status_code")
    if status == 200 and isinstance(body, dict):
        return Result(key, body=body)
    return Result(key, error=_refused(status if isinstance(status, int) else 500, body))


def _refused(status: int, body: Any) -> errors.CallError:
    """What an HTTP status in a line means: the same as it does live."""
    found = body.get("error") if isinstance(body, dict) else None
    fault = found if isinstance(found, dict) else {}
    code = fault.get("code")
    said = str(fault.get("message") or "no words")[:_SAID_CAP]
    return status_error(status, said, None if code is None else str(code), {})


def _unasked(error: Any) -> errors.CallError:
    """Why a line was never asked, its time having run out above all."""
    error = error if isinstance(error, dict) else {}
    code, message = error.get("code"), str(error.get("message") or "no reply and no reason")[:_SAID_CAP]
    kind = errors.TimedOut if code in ("batch_expired", "batch_cancelled") else errors.ServerFault
    return kind(f"{code}: {message}" if code else message)
