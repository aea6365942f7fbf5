"""A server of sessions: OpenAI's Realtime, Responses over WebSocket and Gemini Live by their paths, and `/play` for whatever a peer may do.

Each session has a name, in the header `X-Run`; of it the server keeps what it asked for and how it ended.
"""

import asyncio
import base64
import collections
import contextlib
import http
import itertools
import json
import queue
import threading
import urllib.parse

import pydantic
import websockets.asyncio.server
from google.genai import types
from openai.types.realtime import RealtimeServerEvent
from websockets.exceptions import ConnectionClosed

from .fake import PATIENCE_SECONDS, WORDS, Turn, must
from .responses import ResponsesFake
from .shapes import Mismatch

TEXT = "".join(WORDS)
SOUND = bytes(range(256)) * 8
# Of a flood: more than all buffers on its way hold.
FLOOD = (256, 128 * 1024)

REALTIME_EVENTS = pydantic.TypeAdapter(RealtimeServerEvent)
REALTIME_USAGE = {
    "total_tokens": 27,
    "input_tokens": 20,
    "output_tokens": 7,
    "input_token_details": {"text_tokens": 12, "audio_tokens": 8, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 3, "audio_tokens": 4},
}
LIVE_USAGE = {"promptTokenCount": 20, "responseTokenCount": 7, "totalTokenCount": 27}


class RealtimeFake:
    """Runs in a thread of its own until it is closed."""

    def __init__(self):
        self.complaints = []
        self.targets = {}
        # Of floods: how many messages were sent.
        self.sent = collections.Counter()
        self._ends = collections.defaultdict(queue.SimpleQueue)
        self._responses = ResponsesFake()
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._on_loop(self._start())
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _on_loop(self, action):
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(PATIENCE_SECONDS)

    async def _start(self):
        return await websockets.asyncio.server.serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            select_subprotocol=lambda _, offered: "realtime" if "realtime" in offered else None,
            max_size=None,
            # Were a machine slow, it would look like a peer that is gone.
            ping_interval=None,
            backlog=1024,
        )

    def close(self):
        self._on_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._responses.close()

    async def _stop(self):
        self._server.close()
        await self._server.wait_closed()

    def ended(self, run):
        """Waits until a session has ended. Returns code and reason of its close as they came here; 1006 if it was cut off."""
        return self._ends[run].get(timeout=PATIENCE_SECONDS)

    def _admit(self, connection, request):
        shown = (request.headers.get("Authorization"), request.headers.get("x-goog-api-key"))
        if shown not in (("Bearer upstream-key", None), (None, "upstream-key")):
            self.complaints.append(f"{request.path}: another key: {shown}")
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "another key\n")
        return None

    async def _serve(self, connection):
        run = connection.request.headers.get("X-Run", "")
        path, _, query = connection.request.path.partition("?")
        self.targets[run] = connection.request.path
        with contextlib.suppress(ConnectionClosed):
            try:
                if path == "/play":
                    await self._play(connection, run, dict(urllib.parse.parse_qsl(query)))
                elif path == "/v1/realtime":
                    await self._realtime(connection, dict(urllib.parse.parse_qsl(query))["model"])
                elif path == "/v1/responses":
                    await self._respond(connection)
                elif path.endswith(".GenerativeService.BidiGenerateContent"):
                    await self._live(connection)
                else:
                    raise Mismatch("path", path)
            except (Mismatch, KeyError, TypeError, ValueError) as problem:
                self.complaints.append(f"{path}: {type(problem).__name__} {problem}")
                await connection.close(1008, "not understood")
        await connection.wait_closed()
        self._ends[run].put((connection.close_code, connection.close_reason))

    # What a peer may do.

    async def _play(self, connection, run, asked):
        if asked["do"] == "echo":
            async for message in connection:
                await connection.send(message)
        elif asked["do"] == "flood":
            count, size = FLOOD
            for number in range(count):
                await connection.send(number.to_bytes(4, "big") * (size // 4))
                self.sent[run] += 1
            await connection.close(1000, "that was all")
        elif asked["do"] == "count":
            frames = [frame async for frame in connection.recv_streaming()]
            await connection.send(f"{len(frames)} {sum(map(len, frames))}")
        elif asked["do"] == "close":
            await connection.recv()
            await connection.close(int(asked["code"]), asked["reason"])
        elif asked["do"] == "cut":
            await connection.recv()
            connection.transport.abort()
        else:
            raise Mismatch("do", asked["do"])

    # OpenAI's Realtime, held to the types of `openai`.

    async def _realtime(self, connection, model):
        async def say(kind, **members):
            event = {"type": kind, "event_id": f"event_{next(self._numbers)}"} | members
            REALTIME_EVENTS.validate_python(event)
            await connection.send(json.dumps(event))

        session = {"type": "realtime", "model": model}
        await say("session.created", session=session)
        heard = b""
        async for message in connection:
            event = json.loads(message)
            if event["type"] == "session.update":
                session |= event["session"]
                await say("session.updated", session=session)
            elif event["type"] == "input_audio_buffer.append":
                heard += base64.b64decode(event["audio"], validate=True)
            elif event["type"] == "conversation.item.create":
                item = {"id": f"item_{next(self._numbers)}", "object": "realtime.item", "status": "completed"} | event["item"]
                await say("conversation.item.added", item=item, previous_item_id=None)
            elif event["type"] == "response.create":
                await self._speak(say, f"{TEXT}, {len(heard)}")
            else:
                raise Mismatch("type", event["type"])

    async def _speak(self, say, text):
        response = {"id": f"resp_{next(self._numbers)}", "object": "realtime.response", "output": []}
        await say("response.created", response=response | {"status": "in_progress"})
        at = {"response_id": response["id"], "item_id": "item_0", "output_index": 0, "content_index": 0}
        for start in range(0, len(text), 5):
            await say("response.output_audio_transcript.delta", delta=text[start : start + 5], **at)
            await say("response.output_audio.delta", delta=base64.b64encode(SOUND).decode(), **at)
        await say("response.output_audio.done", **at)
        await say("response.done", response=response | {"status": "completed", "usage": REALTIME_USAGE})

    # Responses over WebSocket: the same bodies and events as over HTTP.

    async def _respond(self, connection):
        made = set()
        async for message in connection:
            body = json.loads(message)
            must(body.pop("type") == "response.create", "type", message[:60])
            self._responses.check("/v1/responses", {"Authorization": "Bearer upstream-key"}, body)
            previous = body.get("previous_response_id")
            must(previous is None or previous in made, ".previous_response_id", f"{previous} is not known")
            identity = f"resp_{next(self._numbers)}"
            made.add(identity)
            for piece, _ in self._responses.events(Turn(words=WORDS), body["model"]):
                event = json.loads(piece.partition(b"data: ")[2])
                if "response" in event:
                    event["response"] |= {"id": identity, "previous_response_id": previous}
                await connection.send(json.dumps(event))

    # Gemini Live, which sends its JSON in binary messages.

    async def _live(self, connection):
        async def say(**message):
            types.LiveServerMessage.model_validate(message)
            await connection.send(json.dumps(message).encode())

        setup = json.loads(await connection.recv())
        must(list(setup) == ["setup"], "", f"setup has to come first, not {list(setup)}")
        must(setup["setup"]["model"].startswith("models/"), ".setup.model", setup["setup"]["model"])
        await say(setupComplete={})
        async for message in connection:
            asked = json.loads(message)
            if "clientContent" in asked or "client_content" in asked:
                for word in WORDS:
                    await say(serverContent={"modelTurn": {"role": "model", "parts": [{"text": word}]}})
            else:
                must("realtimeInput" in asked or "realtime_input" in asked, "", f"{list(asked)}")
                sound = {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(SOUND).decode()}
                await say(serverContent={"modelTurn": {"role": "model", "parts": [{"inlineData": sound}]}})
            await say(serverContent={"turnComplete": True}, usageMetadata=LIVE_USAGE)
