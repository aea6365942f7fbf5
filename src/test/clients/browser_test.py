"""A page in a real browser calls the gateway: the preflight, the stream, errors it can read, and origins that are not allowed."""

import http.server
import json
import queue
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import kit

KEY = "sk-page-0123456789"
EVENTS = 3


def chunk(n, finish=None):
    choice = {"index": 0, "delta": {} if finish else {"content": f"word {n} "}, "finish_reason": finish}
    return kit.event({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})


class Site:
    """Serves the page on an origin of its own, and takes what the page tells."""

    def __init__(self):
        self.told = queue.Queue()
        told = self.told

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = (kit.HERE / "browser/page.html").read_bytes()
                self.answer(200, page)

            def do_POST(self):
                told.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.answer(204, b"")

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Browser:
    """Opens a page without a window, in a profile of its own."""

    def __init__(self, url):
        self._profile = tempfile.mkdtemp(prefix="llmproxy-browser-")
        program = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        self._process = subprocess.Popen(
            [program, *flags, f"--user-data-dir={self._profile}", "--remote-debugging-port=0", url],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(kit.PATIENCE_SECONDS)
        shutil.rmtree(self._profile, ignore_errors=True)


class BrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        cls.upstream = kit.Upstream()
        cls.addClassCleanup(cls.upstream.close)
        cls.gateway = kit.Gateway(
            cls.upstream,
            forward={
                "keys": [{"name": "page", "key": KEY}],
                "cors": {"origins": [f"http://127.0.0.1:{cls.site.port}"]},
            },
            group={"http_client": {"heartbeat": 0}},
        )
        cls.addClassCleanup(cls.gateway.close)

    def open(self, key=KEY, host="127.0.0.1"):
        query = urllib.parse.urlencode({"gateway": self.gateway.url, "key": key})
        return Browser(f"http://{host}:{self.site.port}/?{query}")

    def told(self):
        return self.site.told.get(timeout=3 * kit.PATIENCE_SECONDS)

    def setUp(self):
        self.upstream.calls.clear()

    def test_a_page_streams_each_piece_as_it_comes(self):
        next_piece = threading.Semaphore(1)

        def answer(call):
            call.begin_stream()
            for n in range(EVENTS):
                if not next_piece.acquire(timeout=kit.PATIENCE_SECONDS):
                    return
                call.piece(chunk(n))
            call.piece(chunk(EVENTS, "stop"))
            call.piece(b"data: [DONE]\n\n")
            call.end_stream()

        self.upstream.answer = answer
        with self.open():
            head = self.told()
            self.assertEqual(head["status"], 200)
            self.assertTrue(head["requestId"])
            text = ""
            for n in range(EVENTS):
                while f"word {n} " not in text:
                    text += self.told()["piece"]
                next_piece.release()
            while (said := self.told()) != "end":
                text += said["piece"]
            self.assertTrue(text.endswith("data: [DONE]\n\n"), text)
        call, = self.upstream.calls
        self.assertTrue(call.head.startswith("POST "), "the preflight reached the upstream")
        self.assertNotIn("origin:", call.head.lower())

    def test_a_page_reads_the_errors_of_the_gateway(self):
        with self.open(key="sk-unknown-000000"):
            self.assertEqual(self.told()["status"], 401)
            self.assertEqual(self.told(), {"error": "invalid_api_key"})
            self.assertEqual(self.told(), "end")
        self.assertEqual(self.upstream.calls, [])

    def test_a_page_of_another_origin_reads_nothing(self):
        with self.open(host="localhost"):
            self.assertEqual(self.told(), {"failure": "TypeError"})
            self.assertEqual(self.told(), "end")
        self.assertEqual(self.upstream.calls, [])


if __name__ == "__main__":
    unittest.main()
