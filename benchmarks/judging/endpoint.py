"""A deterministic endpoint that costs next to nothing: as much of the protocol as one judge needs, a fixed latency.

`judges.simulator` takes .29 ms of CPU a request, which on two cores would be what is measured. The verdicts here are
decided by the length and the sum of the request's last bytes, so every client gets the same ones.
"""

import asyncio
import json
import sys

REPLIES = [
    {"correct": {"rationale": "It follows from the text.", "value": correct},
     "helpful": {"rationale": "It does what was asked.", "value": level}}
    for correct in ("yes", "no") for level in (1, 2, 3)
]  # fmt: skip


def response(reply: object) -> bytes:
    """A whole HTTP response."""
    body = {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion",
        "created": 0,
        "model": "simulated",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": json.dumps(reply), "refusal": None},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 400, "completion_tokens": 40, "total_tokens": 440},
    }
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


RESPONSES = [response(reply) for reply in REPLIES]


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        head, end, _ = self._waiting.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        size = len(head) + len(end) + length
        if len(self._waiting) < size:
            return
        request, self._waiting = self._waiting[:size], self._waiting[size:]
        chosen = RESPONSES[(length + sum(request[-400:-200])) % len(RESPONSES)]
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, chosen)
        else:
            self._transport.write(chosen)


async def serve(latency: float) -> None:
    """Answer until killed; the base URL is printed once it listens."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(latency), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
