"""The vendors' clients for sessions, and the libraries below them in Python and Node.js, before a server that plays what peers do."""

import asyncio
import base64
import concurrent.futures
import json
import os
import subprocess
import tempfile
import unittest
import unittest.mock
import urllib.request

import openai
import websockets
import websockets.sync.client
from google import genai
from google.genai import errors, types

import kit
from vendors.fake import WORDS
from vendors.realtime import FLOOD, SOUND, TEXT, RealtimeFake

KEY = "sk-voice-0123456789"
CONFINED = "sk-confined-0123456789"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
# Sessions that are open at the same time.
MANY = 1000


def upstreams(fake):
    return [
        {"name": "openai", "url": fake.url, "provider": "openai", "auth": {"type": "bearer", "token": "upstream-key"}},
        {
            "name": "gemini",
            "url": fake.url,
            "provider": "gemini",
            "auth": {"type": "api_key", "header": "x-goog-api-key", "token": "upstream-key"},
        },
    ]


def play(gateway, run, asked, **settings):
    """Opens a session in which the fake does what is asked."""
    return websockets.sync.client.connect(
        f"{gateway.url.replace('http', 'ws')}/play?{asked}",
        additional_headers=AUTHORIZED | {"X-Run": run},
        open_timeout=kit.PATIENCE_SECONDS,
        close_timeout=kit.PATIENCE_SECONDS,
        # Were a machine slow, it would look like a peer that is gone.
        ping_interval=None,
        max_size=None,
        **settings,
    )


def hears(connection):
    return connection.recv(timeout=kit.PATIENCE_SECONDS)


def close_of(connection):
    """Reads until the session is closed. Returns code and reason."""
    try:
        while True:
            hears(connection)
    except websockets.ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


class SessionTest(unittest.TestCase):
    """Has a fake, and a gateway before it with a key."""

    forward = {
        "keys": [
            {"name": "voice", "key": KEY},
            {"name": "confined", "key": CONFINED, "allowed_models": ["gpt-5.1", "gemini-live-2.5-flash-preview"]},
        ]
    }

    @classmethod
    def setUpClass(cls):
        cls.fake = RealtimeFake()
        cls.addClassCleanup(cls.fake.close)
        cls.gateway = kit.Gateway(upstreams=upstreams(cls.fake), forward=cls.forward)
        cls.addClassCleanup(cls.gateway.close)

    def tearDown(self):
        complaints, self.fake.complaints[:] = list(self.fake.complaints), []
        self.assertEqual([], complaints)


class VendorsTest(SessionTest):
    """Over TLS: some of these clients speak nothing else, whatever address they are given."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="llmproxy-clients-")
        cls.addClassCleanup(folder.cleanup)
        certificate, key = kit.certificate(folder.name)
        trust = unittest.mock.patch.dict(os.environ, {"SSL_CERT_FILE": certificate, "NODE_EXTRA_CA_CERTS": certificate})
        trust.start()
        cls.addClassCleanup(trust.stop)
        cls.forward = cls.forward | {"tls": {"cert_file": certificate, "private_key_file": key}}
        super().setUpClass()

    def openai(self, kind=openai.OpenAI, key=KEY):
        return kind(base_url=f"{self.gateway.url}/v1", api_key=key, max_retries=0)

    def test_openai_realtime(self):
        with self.openai() as client, client.realtime.connect(
            model="gpt-realtime", extra_headers={"X-Run": "realtime"}
        ) as session:
            self.assertEqual("gpt-realtime", session.recv().session.model)
            session.session.update(session={"type": "realtime", "output_modalities": ["audio"]})
            self.assertEqual("session.updated", session.recv().type)
            for turn in (1, 2):
                session.input_audio_buffer.append(audio=base64.b64encode(SOUND).decode())
                content = [{"type": "input_text", "text": "Say hello"}]
                session.conversation.item.create(item={"type": "message", "role": "user", "content": content})
                self.assertEqual("conversation.item.added", session.recv().type)
                session.response.create()
                text, sound = "", b""
                for event in session:
                    if event.type == "response.output_audio_transcript.delta":
                        text += event.delta
                    elif event.type == "response.output_audio.delta":
                        sound += base64.b64decode(event.delta)
                    elif event.type == "response.done":
                        break
                self.assertEqual(f"{TEXT}, {turn * len(SOUND)}", text)
                self.assertEqual(SOUND, sound[: len(SOUND)])
                self.assertEqual(27, event.response.usage.total_tokens)
        self.assertEqual(1000, self.fake.ended("realtime")[0])
        self.assertEqual("/v1/realtime?model=gpt-realtime", self.fake.targets["realtime"])

    def test_openai_realtime_with_asyncio(self):
        async def talk():
            async with self.openai(openai.AsyncOpenAI) as client, client.realtime.connect(
                model="gpt-realtime", extra_headers={"X-Run": "realtime-async"}
            ) as session:
                await session.response.create()
                return [event.delta async for event in self.until_done(session) if event.type.endswith("transcript.delta")]

        self.assertEqual(f"{TEXT}, 0", "".join(asyncio.run(talk())))
        self.assertEqual(1000, self.fake.ended("realtime-async")[0])

    @staticmethod
    async def until_done(session):
        async for event in session:
            yield event
            if event.type == "response.done":
                return

    def test_openai_responses(self):
        for key in (KEY, CONFINED):
            with self.subTest(key):
                self.chains_responses(key)

    def chains_responses(self, key):
        with self.openai(key=key) as client, client.responses.connect(extra_headers={"X-Run": "responses"}) as session:
            previous = None
            for _ in range(3):
                asked = {"model": "gpt-5.1", "input": [{"role": "user", "content": "Say hello"}]}
                session.response.create(**asked | ({"previous_response_id": previous} if previous else {}))
                text = ""
                for event in session:
                    if event.type == "response.output_text.delta":
                        text += event.delta
                    elif event.type == "response.completed":
                        break
                self.assertEqual(TEXT, text)
                self.assertEqual(previous, event.response.previous_response_id)
                previous = event.response.id
        self.assertEqual(1000, self.fake.ended("responses")[0])

    def test_a_model_that_the_key_may_not_use_is_told_by_a_close(self):
        with self.openai(key=CONFINED) as client, client.responses.connect(extra_headers={"X-Run": "refused"}) as session:
            session.response.create(model="gpt-5.1-large", input="Say hello")
            with self.assertRaises(websockets.ConnectionClosedError) as refused:
                session.recv()
        self.assertEqual(1008, refused.exception.rcvd.code)
        self.assertIn("may not use the model 'gpt-5.1-large'", refused.exception.rcvd.reason)
        self.assertEqual(1008, self.fake.ended("refused")[0])

        async def talk():
            async with self.google("refused-live", CONFINED, model="gemini-live-large"):
                self.fail("connected")

        with self.assertRaises(errors.APIError) as refused:
            asyncio.run(talk())
        self.assertEqual(1008, refused.exception.code)
        self.assertIn("may not use the model 'gemini-live-large'", str(refused.exception))

    def google(self, run, key=KEY, model="gemini-live-2.5-flash-preview"):
        options = types.HttpOptions(base_url=self.gateway.url, headers={"X-Run": run})
        return genai.Client(api_key=key, http_options=options).aio.live.connect(
            model=model, config={"response_modalities": ["AUDIO"]}
        )

    def test_google_live(self):
        for key in (KEY, CONFINED):
            with self.subTest(key):
                self.talks_live(key)

    def talks_live(self, key):
        async def talk():
            async with self.google("live", key) as session:
                said = types.Content(role="user", parts=[types.Part(text="Say hello")])
                await session.send_client_content(turns=said, turn_complete=True)
                answers = [message async for message in session.receive()]
                text = "".join(part.text for message in answers for part in self.parts(message))
                tokens = answers[-1].usage_metadata.total_token_count
                await session.send_realtime_input(audio=types.Blob(data=SOUND, mime_type="audio/pcm;rate=16000"))
                sound = [part.inline_data.data async for message in session.receive() for part in self.parts(message)]
                return text, tokens, b"".join(sound)

        self.assertEqual((TEXT, 27, SOUND), asyncio.run(talk()))
        self.assertEqual(1000, self.fake.ended("live")[0])

    @staticmethod
    def parts(message):
        turn = message.server_content.model_turn
        return turn.parts if turn else ()

    def test_a_wrong_key_is_told_before_the_session(self):
        with self.assertRaises(websockets.InvalidStatus) as refused:
            with self.openai(key="sk-wrong-0123456789") as client, client.realtime.connect(model="gpt-realtime"):
                self.fail("connected")
        self.assertEqual(401, refused.exception.response.status_code)
        self.assertEqual("invalid_api_key", refused.exception.response.headers["X-LLMProxy-Error"])
        self.assertIn("error", json.loads(refused.exception.response.body))

        async def talk():
            async with self.google("refused", "sk-wrong-0123456789"):
                self.fail("connected")

        with self.assertRaises((websockets.InvalidStatus, errors.APIError)) as refused:
            asyncio.run(talk())
        self.assertIn("401", str(refused.exception))

    def test_node(self):
        command = ["node", kit.ROOT / "src/test/npm/realtime.mjs", self.gateway.url, KEY]
        played = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual((0, "9 sessions\n"), (played.returncode, played.stdout), played.stderr)
        self.assertEqual((4001, "no more"), self.fake.ended("node-closed-here"))
        self.assertEqual((1000, "OK"), self.fake.ended("node-realtime"))
        self.assertEqual(1001, self.fake.ended("node-cut-here")[0])
        # Google's closes without a code.
        self.assertEqual(1005, self.fake.ended("node-live")[0])


class PeersTest(SessionTest):
    def test_text_and_binary_come_as_they_are(self):
        with play(self.gateway, "echo", "do=echo", subprotocols=["realtime"]) as session:
            self.assertEqual("realtime", session.subprotocol)
            for message in ("", "Grüße \U0001f600", b"", b"\0\xff", "x" * 1_000_000, bytes(1_000_000)):
                session.send(message)
                self.assertEqual(message, hears(session))
            session.send(["in ", "pieces ", "\u20ac"])
            self.assertEqual("in pieces \u20ac", hears(session))
            self.assertTrue(session.ping(b"there?").wait(kit.PATIENCE_SECONDS))
        self.assertEqual((1000, ""), self.fake.ended("echo"))

    def test_a_large_message_comes_in_few_frames(self):
        """Servers bound their number; newer releases of this server's library do so, too."""
        large = bytes(20 << 20)
        with play(self.gateway, "count", "do=count") as session:
            session.send(large)
            frames, size = map(int, hears(session).split())
        self.assertEqual(len(large), size)
        self.assertLess(frames, 4096)

    def test_a_client_that_does_not_read_stops_the_upstream(self):
        count, size = FLOOD
        with play(self.gateway, "flood", "do=flood", max_queue=2) as session:
            seen = [-1]
            # It stands still when all buffers on the way are full.
            kit.await_that(lambda: seen.append(self.fake.sent["flood"]) or 0 < seen[-2] == seen[-1])
            self.assertLess(seen[-1], count)
            for number in range(count):
                self.assertEqual(number.to_bytes(4, "big") * (size // 4), hears(session))
            self.assertEqual((1000, "that was all"), close_of(session))

    def test_closes_go_to_the_other_side(self):
        with play(self.gateway, "closing", "do=close&code=4321&reason=enough") as session:
            session.send("go")
            self.assertEqual((4321, "enough"), close_of(session))
        with play(self.gateway, "closed", "do=echo") as session:
            session.close(4001, "no more")
        self.assertEqual((4001, "no more"), self.fake.ended("closed"))

    def test_a_side_that_is_cut_off_closes_the_other(self):
        with play(self.gateway, "cutting", "do=cut") as session:
            session.send("go")
            self.assertEqual(1011, close_of(session)[0])
        session = play(self.gateway, "cut", "do=echo")
        session.send("there?")
        self.assertEqual("there?", hears(session))
        session.socket.shutdown(2)
        self.assertEqual(1001, self.fake.ended("cut")[0])

    def test_many_sessions_at_once_that_read_slowly_and_are_cut(self):
        """Each sends texts and binary messages before it reads an answer; a third then closes, a third is cut, a third stays on."""

        async def one(number, opened, everyone):
            async with websockets.connect(
                f"{self.gateway.url.replace('http', 'ws')}/play?do=echo",
                additional_headers=AUTHORIZED | {"X-Run": f"many-{number % 3}"},
                open_timeout=60,
                ping_interval=None,
            ) as session:
                opened.release()
                await everyone.wait()
                said = [f"text {number}", number.to_bytes(4, "big") * 2048] * 4
                for message in said:
                    await session.send(message)
                for message in said:
                    assert message == await session.recv()
                if number % 3 == 1:
                    session.transport.abort()
                elif number % 3 == 2:
                    await session.send("still there")
                    assert await session.recv() == "still there"

        async def all_of_them():
            opened, everyone = asyncio.Semaphore(0), asyncio.Event()
            sessions = [asyncio.create_task(one(number, opened, everyone)) for number in range(MANY)]
            for _ in sessions:
                await asyncio.wait_for(opened.acquire(), 60)
            self.assertEqual(MANY, open_sessions(self.gateway))
            everyone.set()
            await asyncio.wait_for(asyncio.gather(*sessions), 60)

        asyncio.run(all_of_them())
        codes = [[self.fake.ended(f"many-{third}")[0] for _ in range(third, MANY, 3)] for third in range(3)]
        self.assertEqual([{1000}, {1001}, {1000}], [set(each) for each in codes])
        kit.await_that(lambda: open_sessions(self.gateway) == 0)


def open_sessions(gateway):
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin}/metrics", timeout=kit.PATIENCE_SECONDS) as metrics:
        lines = metrics.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("llmproxy_websocket_sessions{"))


class DrainTest(unittest.TestCase):
    def test_sessions_may_go_on_for_a_while_and_then_are_told(self):
        fake = RealtimeFake()
        self.addCleanup(fake.close)
        gateway = kit.Gateway(
            upstreams=upstreams(fake),
            forward={"keys": [{"name": "voice", "key": KEY}]},
            server={"shutdown_timeout": "5s"},
        )
        self.addCleanup(gateway.close)
        sessions = [play(gateway, f"drained-{number}", "do=echo") for number in range(3)]
        gateway.begin_to_stop()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for session in sessions:
                session.send("still there")
                self.assertEqual("still there", hears(session))
            sessions[0].close(1000, "bye")
            closes = list(pool.map(close_of, sessions[1:]))
        self.assertEqual([1001, 1001], [code for code, _ in closes])
        self.assertEqual((1000, "bye"), fake.ended("drained-0"))
        self.assertEqual([1001, 1001], [fake.ended(f"drained-{number}")[0] for number in (1, 2)])
        with self.assertRaises(OSError):
            play(gateway, "late", "do=echo")


if __name__ == "__main__":
    unittest.main()
