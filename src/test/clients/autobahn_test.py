"""The cases of the Autobahn test suite, which kosoku runs, against a server that sends each message back, through the gateway."""

import asyncio
import collections
import contextlib
import os
import unittest

# Some cases have messages in tens of thousands of frames. It is read when the server's module is.
os.environ["WEBSOCKETS_MAX_FRAGMENTS"] = "100000"

import kosoku  # noqa: E402
import websockets.asyncio.server  # noqa: E402
import websockets.exceptions  # noqa: E402

import kit  # noqa: E402

# Compression is declined on both sides.
COMPRESSION = ["12.*", "13.*"]


async def echo(connection):
    # Many cases end their session with an error.
    with contextlib.suppress(websockets.exceptions.ConnectionClosed):
        async for message in connection:
            await connection.send(message)


async def play():
    """Plays all cases; raises an error that names those that fail."""
    settings = {"max_size": None, "ping_interval": None, "compression": None}
    async with websockets.asyncio.server.serve(echo, "127.0.0.1", 0, **settings) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        gateway = await asyncio.to_thread(kit.Gateway, upstreams=[{"name": "echo", "url": url}])
        try:
            return await kosoku.run_fuzzingclient(gateway.url.replace("http", "ws"), exclude_cases=COMPRESSION)
        finally:
            await asyncio.to_thread(gateway.close)


class AutobahnTest(unittest.TestCase):
    def test_all_cases_but_compression_pass(self):
        results = asyncio.run(play())
        counts = collections.Counter(result.behavior.value for result in results)
        self.assertLess(280, counts["OK"], counts)


if __name__ == "__main__":
    unittest.main()
