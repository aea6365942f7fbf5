"""Calls of the vendors' libraries that need more than one step, before groups of three upstreams that know only what they made.

For each vendor there are two nodes, and each call of a library goes to the other node than the call before it.
"""

import io
import itertools
import subprocess
import unittest

import anthropic
import openai
from google import genai
from google.genai import types

import kit
from vendors.keeper import Keeper

KEY = "sk-steps-0123456789"
AUTH = {
    "openai": {"type": "bearer", "token": "upstream-key"},
    "anthropic": {"type": "api_key", "header": "x-api-key", "token": "upstream-key"},
    "gemini": {"type": "api_key", "header": "x-goog-api-key", "token": "upstream-key"},
}
# What the gateway does not see when it is made.
PAST_THE_GATEWAY = ("files/f", "upload-")
# Each makes something new, so that all three upstreams of a vendor have their turn.
ROUNDS = 6


class ResourcesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keepers = {vendor: [Keeper(vendor, number) for number in range(3)] for vendor in AUTH}
        cls.nodes = {}
        for vendor, keepers in cls.keepers.items():
            upstreams = [
                {"name": f"{vendor}-{keeper.number}", "url": keeper.url, "provider": vendor, "auth": AUTH[vendor]}
                for keeper in keepers
            ]
            for keeper in keepers:
                cls.addClassCleanup(keeper.close)
            redis = kit.Redis()
            cls.addClassCleanup(redis.close)
            cls.nodes[vendor] = []
            for _ in range(2):
                node = kit.Gateway(upstreams=upstreams, forward={"keys": [{"name": "steps", "key": KEY}]}, redis=redis)
                cls.addClassCleanup(node.close)
                cls.nodes[vendor].append(node)
        urls = {vendor: [node.url for node in nodes] for vendor, nodes in cls.nodes.items()}
        cls.turns = {
            "openai": itertools.cycle(
                [openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) for url in urls["openai"]]
            ),
            "anthropic": itertools.cycle(
                [anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0) for url in urls["anthropic"]]
            ),
            "gemini": itertools.cycle(
                [genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=url)) for url in urls["gemini"]]
            ),
        }

    @property
    def openai(self):
        return self.next_client("openai")

    @property
    def anthropic(self):
        return self.next_client("anthropic")

    @property
    def google(self):
        return self.next_client("gemini")

    def next_client(self, vendor):
        """The client of the other node, once that may know all that was made. It does so within milliseconds, but clients are fast."""
        learned = [keeper.made for keeper in self.keepers[vendor]]
        made = sum(count for each in learned for prefix, count in each.items() if prefix not in PAST_THE_GATEWAY)
        kit.await_that(lambda: self.told(vendor) >= made)
        return next(self.turns[vendor])

    def told(self, vendor):
        return sum(node.metric('llmproxy_resource_updates_total{result="told"}') for node in self.nodes[vendor])

    def reload(self, vendor, **forward):
        for node in self.nodes[vendor]:
            node.reload(**forward)

    def tearDown(self):
        complaints = []
        for keeper in (each for keepers in self.keepers.values() for each in keepers):
            complaints += keeper.complaints
            keeper.complaints.clear()
        self.assertEqual([], complaints)

    def all_had_their_turn(self, vendor, prefix):
        self.assertTrue(all(keeper.made[prefix] for keeper in self.keepers[vendor]), "an upstream had nothing to keep")

    def test_openai_responses(self):
        last = [self.openai.responses.create(model="gpt-5.1", input="0").id for _ in range(ROUNDS)]
        for step in range(4):
            if step == 2:
                self.reload("openai", max_body="40MiB")
            last = [self.openai.responses.create(model="gpt-5.1", input="1", previous_response_id=each).id for each in last]
        for each in last:
            self.assertEqual(each, self.openai.responses.retrieve(each).id)
        self.all_had_their_turn("openai", "resp_")

    def test_openai_conversations(self):
        for _ in range(ROUNDS):
            conversation = self.openai.conversations.create().id
            for _ in range(3):
                self.openai.responses.create(model="gpt-5.1", input="hi", conversation=conversation)
            self.assertEqual(conversation, self.openai.conversations.retrieve(conversation).id)
        self.all_had_their_turn("openai", "conv_")

    def test_openai_files_and_batches(self):
        files = [self.openai.files.create(file=io.BytesIO(b"{}"), purpose="batch").id for _ in range(ROUNDS)]
        self.reload("openai", max_body="50MiB")
        for file in files:
            asked = {"input_file_id": file, "endpoint": "/v1/responses", "completion_window": "24h"}
            batch = self.openai.batches.create(**asked)
            self.assertEqual(batch.id, self.openai.batches.retrieve(batch.id).id)
            self.assertEqual(f"content of {batch.output_file_id}", self.openai.files.content(batch.output_file_id).text)
            self.assertEqual("cancelling", self.openai.batches.cancel(batch.id).status)
            content = [{"type": "input_file", "file_id": file}, {"type": "input_text", "text": "What is in it?"}]
            self.openai.responses.create(model="gpt-5.1", input=[{"role": "user", "content": content}])
        self.all_had_their_turn("openai", "batch_")

    def test_anthropic_batches(self):
        message = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        for _ in range(ROUNDS):
            batch = self.anthropic.messages.batches.create(requests=[{"custom_id": "a", "params": message}]).id
            self.assertEqual("ended", self.anthropic.messages.batches.retrieve(batch).processing_status)
            self.assertEqual(batch, self.anthropic.messages.batches.cancel(batch).id)
        self.reload("anthropic", max_body="60MiB")
        self.assertEqual(batch, self.anthropic.messages.batches.retrieve(batch).id)
        self.all_had_their_turn("anthropic", "msgbatch_")

    def test_anthropic_files(self):
        for _ in range(ROUNDS):
            file = self.anthropic.beta.files.upload(file=("f.txt", io.BytesIO(b"hi"), "text/plain")).id
            self.assertEqual(file, self.anthropic.beta.files.retrieve_metadata(file).id)
            content = [{"type": "document", "source": {"type": "file", "file_id": file}}]
            answer = self.anthropic.beta.messages.create(
                model="m", max_tokens=9, messages=[{"role": "user", "content": content}], betas=["files-api-2025-04-14"]
            )
            self.assertEqual("read", answer.content[0].text)
        self.all_had_their_turn("anthropic", "file_")

    def test_google_caches(self):
        caches = [self.google.caches.create(model="gemini-3-pro", config={"contents": "long"}).name for _ in range(ROUNDS)]
        self.reload("gemini", max_body="70MiB")
        self.assertEqual(caches[0], self.google.caches.get(name=caches[0]).name)
        for cache in caches:
            answer = self.google.models.generate_content(model="gemini-3-pro", contents="hi", config={"cached_content": cache})
            self.assertEqual("cached", answer.text)
            self.google.caches.delete(name=cache)
        self.all_had_their_turn("gemini", "cachedContents/c")

    def test_google_files(self):
        for _ in range(ROUNDS):
            # The library sends the bytes past the gateway, to the address that the upstream names.
            file = self.google.files.upload(file=io.BytesIO(b"hello"), config={"mime_type": "text/plain"})
            self.assertEqual(file.name, self.google.files.get(name=file.name).name)
            answer = self.google.models.generate_content(model="gemini-3-pro", contents=["What is in it?", file])
            self.assertEqual("plain", answer.text)
            self.google.files.delete(name=file.name)
        self.all_had_their_turn("gemini", "files/f")

    def test_node(self):
        urls = [self.nodes[vendor][0].url for vendor in AUTH]
        command = ["node", kit.ROOT / "src/test/npm/resources.mjs", KEY, str(ROUNDS), *urls]
        played = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual((0, f"{4 * ROUNDS} rounds\n"), (played.returncode, played.stdout), played.stderr)


if __name__ == "__main__":
    unittest.main()
