"""The loops to compare with: so many requests in flight, replies read and dropped, nothing kept."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

Ask = Callable[[dict[str, Any]], Awaitable[object]]


def bodies(template: dict[str, Any], items: int) -> Iterator[dict[str, Any]]:
    """The requests of a run, one an item."""
    system, user = template["messages"]
    for n in range(1, items + 1):
        text = user["content"].replace("Answer 1.", f"Answer {n}.")
        yield {**template, "messages": [system, {**user, "content": text}]}


async def loop(ask: Ask, waiting: Iterator[dict[str, Any]], in_flight: int) -> None:
    async def one_after_the_other() -> None:
        for body in waiting:
            await ask(body)

    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))


async def through_the_package(base_url: str, waiting: Iterator[dict[str, Any]], in_flight: int) -> None:
    import openai

    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as client:

        async def ask(body: dict[str, Any]) -> str | None:
            completion = await client.chat.completions.create(**body)
            return completion.choices[0].message.content

        await loop(ask, waiting, in_flight)


async def through_aiohttp(base_url: str, waiting: Iterator[dict[str, Any]], in_flight: int) -> None:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(body: dict[str, Any]) -> str:
            async with session.post(f"{base_url}/chat/completions", json=body) as response:
                return str((await response.json())["choices"][0]["message"]["content"])

        await loop(ask, waiting, in_flight)


def main(client: str, base_url: str, template: str, items: str, in_flight: str) -> None:
    """Print the seconds and the CPU seconds that the loop took, imports left out."""
    waiting = bodies(json.loads(Path(template).read_text()), int(items))
    way = through_the_package if client == "openai" else through_aiohttp
    __import__(client)
    began, worked = time.perf_counter(), time.process_time()
    asyncio.run(way(base_url, waiting, int(in_flight)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
