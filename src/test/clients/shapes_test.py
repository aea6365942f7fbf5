"""The fakes take what their vendors take, and refuse all else: a matrix that is green by laxness shows nothing."""

import unittest

from vendors.chat import ChatFake
from vendors.gemini import GeminiFake
from vendors.messages import MessagesFake
from vendors.responses import ResponsesFake
from vendors.shapes import Mismatch

USER = {"role": "user", "content": "hi"}
GOOD = {
    ChatFake: {"model": "m", "messages": [USER]},
    ResponsesFake: {"model": "m", "input": [USER]},
    MessagesFake: {"model": "m", "max_tokens": 9, "messages": [USER]},
    GeminiFake: {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}
PATHS = {
    ChatFake: "/v1/chat/completions",
    ResponsesFake: "/v1/responses",
    MessagesFake: "/v1/messages",
    GeminiFake: "/v1beta/models/gemini-3-pro-preview:generateContent",
}
HEADERS = {
    "Authorization": "Bearer upstream-key",
    "x-api-key": "upstream-key",
    "x-goog-api-key": "upstream-key",
    "anthropic-version": "2023-06-01",
}
CALL = {"type": "function", "id": "c", "function": {"name": "f", "arguments": "{}"}}
USE = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
BAD = {
    ChatFake: {
        "an unknown member": {"top_k": 1},
        "an unknown member of a message": {"messages": [USER | {"cache_control": {}}]},
        "a wrong type": {"temperature": "1"},
        "an integer that is a truth": {"seed": True},
        "a word that there is not": {"reasoning_effort": "huge"},
        "an unknown part": {"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]},
        "a tool without function": {"tools": [{"type": "function", "name": "f"}]},
        "a call without result": {"messages": [USER, {"role": "assistant", "tool_calls": [CALL]}, USER]},
    },
    ResponsesFake: {
        "an unknown member": {"messages": [USER]},
        "a tool as chats have it": {"tools": [{"type": "function", "function": {"name": "f"}}]},
        "a wrong kind of text": {"input": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]},
        "a result without call": {"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]},
    },
    MessagesFake: {
        "an unknown member": {"seed": 1},
        "another role": {"messages": [{"role": "tool", "content": "hi"}]},
        "a blank text": {"messages": [{"role": "user", "content": " "}]},
        "a tool without schema": {"tools": [{"name": "f"}]},
        "an image as chats have it": {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        "a call without result": {"messages": [USER, {"role": "assistant", "content": [USE]}, USER]},
    },
    GeminiFake: {
        "an unknown member": {"model": "m"},
        "a name as Python has it": {"generation_config": {}},
        "an unknown member deep inside": {"generationConfig": {"thinkingConfig": {"effort": "high"}}},
        "a word of a schema that there is not": {
            "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "$schema": "x"}}]}]
        },
        "no base64": {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "?"}}]}]},
        "an unsigned call": {
            "contents": [
                {"role": "user", "parts": [{"text": "hi"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]},
            ]
        },
    },
}


class ShapesTest(unittest.TestCase):
    def setUp(self):
        self.fakes = {}
        for kind in GOOD:
            fake = self.fakes[kind] = kind()
            self.addCleanup(fake.close)

    def test_what_a_vendor_takes_is_taken(self):
        for kind, body in GOOD.items():
            self.fakes[kind].check(PATHS[kind], HEADERS, body)

    def test_what_a_vendor_refuses_is_refused(self):
        for kind, mistakes in BAD.items():
            for mistake, members in mistakes.items():
                with self.subTest(kind=kind.name, mistake=mistake), self.assertRaises(Mismatch):
                    self.fakes[kind].check(PATHS[kind], HEADERS, GOOD[kind] | members)


if __name__ == "__main__":
    unittest.main()
