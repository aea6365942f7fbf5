"""An upstream that says what it used, and whose path decides what goes wrong with it."""

import json
import random
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pace = 0.01

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        sick = self.path.startswith("/sick")
        self.answer(500 if sick else 200, {"data": []})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        fault = self.path.split("/")[1]
        time.sleep(random.uniform(0.002, 0.03))
        if fault == "failing" and random.random() < 0.6:
            self.answer(500, {"error": {"message": "no"}})
        elif fault == "busy":
            self.answer(429, {"error": {"message": "later"}}, {"Retry-After": "1"})
        elif fault == "stranger":
            self.answer(401, {"error": {"message": "who are you?"}})
        elif fault == "odd":
            self.answer(200, self.whole(body, {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 99}))
        elif body.get("stream"):
            self.stream(body, fault == "cut")
        else:
            self.answer(200, self.whole(body, self.usage()))

    @staticmethod
    def usage():
        read, written = random.randint(200, 900), random.randint(20, 200)
        return {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": read // 3},
            "completion_tokens_details": {"reasoning_tokens": written // 4},
        }

    @staticmethod
    def whole(body, usage):
        message = {"role": "assistant", "content": "Hello there."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"id": "c", "object": "chat.completion", "model": body.get("model"), "choices": [choice], "usage": usage}

    def answer(self, status, document, headers=None):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self, body, cut):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        words = random.randint(8, 25)
        for word in range(words):
            self.event(body, [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}])
            time.sleep(self.pace)
            if cut and word > words // 2:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
        self.event(body, [{"index": 0, "delta": {}, "finish_reason": "stop"}])
        usage = self.usage()
        usage["completion_tokens"] = words
        usage["total_tokens"] = usage["prompt_tokens"] + words
        usage["completion_tokens_details"]["reasoning_tokens"] = 0
        self.event(body, [], usage)
        self.chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, body, choices, usage=None):
        event = {"id": "c", "object": "chat.completion.chunk", "model": body.get("model"), "choices": choices, "usage": usage}
        self.chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A gateway that breaks a connection is no news here."""


def start():
    """Starts the upstream; returns its port."""
    server = Server(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
