"""The lines that the demo prints are to be tried: each is run as it is printed."""

import re
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import kit

# How an answer ends, by the path that was asked.
ENDS = {
    "/v1/chat/completions": "data: [DONE]",
    "/v1/messages": '"type":"message_stop"',
    ":streamGenerateContent": '"finishReason":"STOP"',
    "/health": "",
    "/metrics": "llmproxy_",
}


class DemoTest(unittest.TestCase):
    def test_each_line_is_runnable_as_printed(self):
        with tempfile.TemporaryFile("w+") as printed:
            demo = subprocess.Popen([kit.JAVA, "-jar", str(kit.JAR), "--demo"], stdout=printed)
            try:
                self._await_ready(demo)
                printed.seek(0)
                lines = re.findall(r"^ +(curl (?:[^\n]*\\\n)*[^\n]*)$", printed.read(), re.MULTILINE)
                self.assertEqual(6, len(lines), lines)
                self.assertTrue(any("demo-anthropic" in line and "/v1/chat/completions" in line for line in lines))
                for line in lines:
                    with self.subTest(line):
                        ran = subprocess.run(["sh", "-c", f"{line} -sS --fail"], capture_output=True, text=True, timeout=60)
                        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
                        self.assertIn(next(end for path, end in ENDS.items() if path in line), ran.stdout)
            finally:
                demo.kill()
                demo.wait()

    def _await_ready(self, demo):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and demo.poll() is None:
            try:
                return urllib.request.urlopen("http://localhost:9000/health/ready", timeout=5).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.fail("the demo does not become ready")


if __name__ == "__main__":
    unittest.main()
