"""Prints each chunk of an event stream when it has come as a whole: URL BODY."""

import asyncio
import sys

import aiohttp


async def main(url, body):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as session:
        async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
            answer.raise_for_status()
            piece = b""
            async for data, is_end_of_chunk in answer.content.iter_chunks():
                piece += data
                if is_end_of_chunk:
                    print(piece.decode().rstrip("\n"), flush=True)
                    piece = b""


asyncio.run(main(*sys.argv[1:]))
