"""Each event reaches each client before the upstream makes the next one."""

import unittest

import kit

BODY = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
EVENTS = 5


def chunk(n, finish=None):
    choice = {"index": 0, "delta": {} if finish else {"content": f"word {n} "}, "finish_reason": finish}
    return kit.event({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})


class LockStepTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.upstream = kit.Upstream()
        cls.addClassCleanup(cls.upstream.close)
        # Without heartbeats, which would push out what was held back.
        cls.gateway = kit.Gateway(cls.upstream, group={"http_client": {"heartbeat": 0}})
        cls.addClassCleanup(cls.gateway.close)

    def follows(self, *command):
        steps = kit.LockStep([chunk(n) for n in range(EVENTS)], last=[chunk(EVENTS, "stop"), b"data: [DONE]\n\n"])
        self.upstream.answer = steps.answer
        printed = steps.run([*command, f"{self.gateway.url}/v1/chat/completions", BODY], lambda line: "word" in line)
        self.assertIn("[DONE]", printed[-1] or printed[-2])

    def test_python_requests(self):
        self.follows(kit.PYTHON, kit.HERE / "python/with_requests.py")

    def test_python_httpx(self):
        self.follows(kit.PYTHON, kit.HERE / "python/with_httpx.py")

    def test_python_aiohttp(self):
        self.follows(kit.PYTHON, kit.HERE / "python/with_aiohttp.py")

    def test_python_urllib(self):
        self.follows(kit.PYTHON, kit.HERE / "python/with_urllib.py")

    def test_node_fetch(self):
        self.follows("node", kit.HERE / "node/fetch.mjs")

    def test_go_net_http(self):
        self.follows(kit.BUILT / "events")

    def test_curl(self):
        self.follows("sh", "-c", 'exec curl -sSN -H "Content-Type: application/json" -d "$1" "$0"')

    def test_curl_without_keepalive(self):
        connection = '-H "Connection: close"'
        self.follows("sh", "-c", f'exec curl -sSN {connection} -H "Content-Type: application/json" -d "$1" "$0"')

    def test_curl_http_1_0(self):
        self.follows("sh", "-c", 'exec curl -sSN0 -H "Content-Type: application/json" -d "$1" "$0"')

    def test_curl_http_2(self):
        h2 = "--http2-prior-knowledge"
        self.follows("sh", "-c", f'exec curl -sSN {h2} -H "Content-Type: application/json" -d "$1" "$0"')


if __name__ == "__main__":
    unittest.main()
