"""LangChain, LiteLLM and Vercel's `ai`, pointed at the gateway as they document it, with upstreams that speak another API."""

import subprocess
import unittest
import warnings

import kit
from vendors import frameworks, matrix


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
        for play, dialect, upstream in frameworks.loops():
            with self.subTest(play.__name__, client=dialect, upstream=upstream):
                play(self.gateway.url, dialect, upstream)

    def test_frameworks_in_node(self):
        command = ["node", kit.ROOT / "src/test/npm/frameworks.mjs", self.gateway.url]
        played = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual((0, "9 loops\n"), (played.returncode, played.stdout), played.stderr)


if __name__ == "__main__":
    unittest.main()
