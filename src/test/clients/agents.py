"""Agents, pointed at the gateway as they document it, with upstreams that speak another API. Run by .ci/agents, which installs them."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import kit
from vendors import matrix

AGENTS = kit.BUILT / "agents/node_modules/.bin"

CODEX = """
model = "{model}"
model_provider = "gateway"
model_reasoning_effort = "high"
approval_policy = "never"
sandbox_mode = "danger-full-access"
web_search = "disabled"

[model_providers.gateway]
name = "gateway"
base_url = "{url}/v1"
env_key = "GATEWAY_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""


class AgentsTest(unittest.TestCase):
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

    def test_codex(self):
        for upstream in ("messages", "gemini", "chat"):
            with self.subTest(upstream=upstream), tempfile.TemporaryDirectory(dir=kit.BUILT) as home:
                settings = CODEX.format(model=f"to-{upstream}", url=self.gateway.url)
                pathlib.Path(home, "config.toml").write_text(settings)
                command = [AGENTS / "codex", "exec", "--skip-git-repo-check"]
                self.acts(command, f"codex-{upstream}", home, {"CODEX_HOME": home, "GATEWAY_KEY": "client-key"})

    def test_gemini(self):
        for upstream in ("chat", "messages"):
            with self.subTest(upstream=upstream), tempfile.TemporaryDirectory(dir=kit.BUILT) as home:
                settings = pathlib.Path(home, ".gemini/settings.json")
                settings.parent.mkdir()
                settings.write_text('{"security": {"auth": {"selectedType": "gemini-api-key"}}}')
                command = [AGENTS / "gemini", "-m", f"to-{upstream}", "--approval-mode", "yolo", "--skip-trust", "-p"]
                environment = {"HOME": home, "GEMINI_API_KEY": "client-key", "GOOGLE_GEMINI_BASE_URL": self.gateway.url}
                self.acts(command, f"gemini-{upstream}", home, environment)

    def test_claude(self):
        for upstream in ("chat", "gemini", "responses"):
            with self.subTest(upstream=upstream), tempfile.TemporaryDirectory(dir=kit.BUILT) as home:
                model = f"to-{upstream}"
                environment = {
                    "HOME": home,
                    "ANTHROPIC_API_KEY": "client-key",
                    "ANTHROPIC_BASE_URL": self.gateway.url,
                    "ANTHROPIC_MODEL": model,
                    "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
                    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                }
                self.acts([AGENTS / "claude", "-p", "--allowedTools", "Bash", "--"], f"claude-{upstream}", home, environment)

    def acts(self, command, run, home, environment):
        """Runs an agent that is to run a command, and to tell that it did."""
        work = pathlib.Path(home, "work")
        work.mkdir()
        prompt = f"scene=agent run={run}."
        ended = subprocess.run(
            [*command, prompt],
            cwd=work,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.assertEqual(0, ended.returncode, ended.stderr)
        self.assertIn("the command made it", ended.stdout)
        self.assertEqual(f"made-by-{run}\n", (work / "made.txt").read_text())


if __name__ == "__main__":
    unittest.main()
