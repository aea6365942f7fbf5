"""A stream that falls silent stays readable for the vendors' own clients in Python: no heartbeat reaches them as an event."""

import subprocess
import time
import unittest

import kit

# Long enough for two heartbeats.
SILENCE_SECONDS = 0.8
WORDS = ["one", "two", "three"]


def chat():
    for n, word in enumerate(WORDS):
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": "stop" if n == 2 else None}
        yield b"id: %d\n" % n + kit.event({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})
    yield b"data: [DONE]\n\n"


def responses():
    for n, word in enumerate(WORDS):
        yield kit.event({"type": "response.output_text.delta", "sequence_number": n, "item_id": "i", "output_index": 0,
                         "content_index": 0, "delta": word, "logprobs": []})
    yield kit.event({"type": "response.completed", "sequence_number": 9, "response": {"id": "r", "status": "completed", "output": []}})


def messages():
    for word in WORDS:
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        yield b"event: content_block_delta\n" + kit.event(delta)
    yield b"event: message_stop\n" + kit.event({"type": "message_stop"})


def contents():
    for n, word in enumerate(WORDS):
        candidate = {"content": {"parts": [{"text": word}], "role": "model"}, "index": 0}
        if n == 2:
            candidate["finishReason"] = "STOP"
        yield kit.event({"candidates": [candidate]}).replace(b"\n", b"\r\n")


class HeartbeatTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.upstream = kit.Upstream()
        cls.addClassCleanup(cls.upstream.close)
        cls.upstream.answer = cls.answer
        cls.gateway = kit.Gateway(cls.upstream, group={"http_client": {"heartbeat": "300ms"}})
        cls.addClassCleanup(cls.gateway.close)

    @staticmethod
    def answer(call):
        path = call.head.split(" ")[1]
        events = (
            contents() if ":streamGenerateContent" in path
            else messages() if path.endswith("/messages")
            else responses() if path.endswith("/responses")
            else chat()
        )
        call.begin_stream()
        for event in events:
            call.piece(event)
            time.sleep(SILENCE_SECONDS)
        call.end_stream()

    def reads(self, dialect):
        client = subprocess.run(
            [kit.PYTHON, kit.HERE / "python/sdks.py", dialect, self.gateway.url],
            capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(client.stdout.split(), WORDS, client.stderr)

    def test_openai_chat(self):
        self.reads("chat")

    def test_openai_responses(self):
        self.reads("responses")

    def test_anthropic(self):
        self.reads("messages")

    def test_google(self):
        self.reads("gemini")


if __name__ == "__main__":
    unittest.main()
