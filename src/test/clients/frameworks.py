"""LangChain, LiteLLM and Vercel's `ai`, pointed at the gateway as they document it, with upstreams that speak another API, and OpenAI's
Agents SDK in a session. Run by .ci/agents."""

import os
import subprocess
import unittest
import warnings

import kit
import realtime_test
from vendors import frameworks as clients
from vendors import matrix
from vendors.realtime import SOUND, TEXT


ASK = "scene=plain run=environment"

# Clients that are told nothing but what to ask.
IN_PYTHON = f"""
import anthropic, openai
from google import genai
question = [{{"role": "user", "content": "{ASK}"}}]
print(openai.OpenAI().chat.completions.create(model="to-messages", messages=question).choices[0].message.content)
print(openai.OpenAI().responses.create(model="to-gemini", input="{ASK}").output_text)
print(anthropic.Anthropic().messages.create(model="to-chat", max_tokens=99, messages=question).content[0].text)
google = genai.Client()
print(google.models.generate_content(model="to-responses", contents="{ASK}").text)
"""
IN_NODE = f"""
import Anthropic from '@anthropic-ai/sdk';
import {{ GoogleGenAI }} from '@google/genai';
import OpenAI from 'openai';
const messages = [{{ role: 'user', content: '{ASK}' }}];
console.log((await new OpenAI().chat.completions.create({{ model: 'to-messages', messages }})).choices[0].message.content);
console.log((await new OpenAI().responses.create({{ model: 'to-gemini', input: '{ASK}' }})).output_text);
console.log((await new Anthropic().messages.create({{ model: 'to-chat', max_tokens: 99, messages }})).content[0].text);
console.log((await new GoogleGenAI({{}}).models.generateContent({{ model: 'to-responses', contents: '{ASK}' }})).text);
"""


class FrameworksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vendors = matrix.Vendors()
        cls.addClassCleanup(cls.vendors.close)
        cls.gateway = kit.Gateway(upstreams=cls.vendors.upstreams((), ()))
        cls.addClassCleanup(cls.gateway.close)

    def tearDown(self):
        complaints = self.vendors.complaints()
        for fake in self.vendors.fakes.values():
            fake.complaints.clear()
        self.assertEqual([], complaints)

    def test_frameworks_in_python(self):
        # Pydantic's, about types of LiteLLM's.
        warnings.filterwarnings("ignore", message=".*ReadOnly")
        for play, dialect, upstream in clients.loops():
            with self.subTest(play.__name__, client=dialect, upstream=upstream):
                play(self.gateway.url, dialect, upstream)

    def test_frameworks_in_node(self):
        command = ["node", kit.ROOT / "src/test/npm/frameworks.mjs", self.gateway.url]
        played = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual((0, "9 loops\n"), (played.returncode, played.stdout), played.stderr)

    def test_the_environment_alone_points_the_vendors_clients_here(self):
        environment = {
            "OPENAI_BASE_URL": f"{self.gateway.url}/v1",
            "OPENAI_API_KEY": "client-key",
            "ANTHROPIC_BASE_URL": self.gateway.url,
            "ANTHROPIC_API_KEY": "client-key",
            "GOOGLE_GEMINI_BASE_URL": self.gateway.url,
            "GEMINI_API_KEY": "client-key",
        }
        node = ["node", "--input-type=module", "-e", IN_NODE]
        for command in ([kit.PYTHON, "-c", IN_PYTHON], node):
            with self.subTest(command[0]):
                ended = subprocess.run(
                    command,
                    env=os.environ | environment,
                    cwd=kit.ROOT / "src/test/npm",
                    capture_output=True,
                    text=True,
                    timeout=60,
                )
                self.assertEqual(["Hello there"] * 4, ended.stdout.splitlines(), ended.stderr)


class VoiceAgentTest(realtime_test.SessionTest):
    def test_a_voice_agent_is_heard(self):
        session = f"{self.gateway.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime"
        command = [kit.PYTHON, kit.HERE / "python/voice_agent.py", session, realtime_test.KEY]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        # The sound comes with each of the text's three pieces.
        self.assertEqual(f"{TEXT}, 0 {3 * len(SOUND)}\n", ended.stdout, ended.stderr)


if __name__ == "__main__":
    unittest.main()
