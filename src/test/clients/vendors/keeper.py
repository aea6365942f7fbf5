"""Upstreams that keep what they make, and know nothing of what others have made: the vendors' calls that need more than one step."""

import collections
import itertools
import json
import re
import threading
from http.server import BaseHTTPRequestHandler

from .fake import Server, must
from .gemini import _answer, _folded
from .responses import USAGE, _response

DAY = "2026-01-01T00:00:00Z"


class Unknown(Exception):
    """Something was named that this upstream does not have."""


class Keeper:
    """One upstream of one vendor. `number` is a part of all identifiers that it makes."""

    def __init__(self, vendor, number):
        self.number = number
        self.made = collections.Counter()
        self.complaints = []
        self._answer = {"openai": self._openai, "anthropic": self._anthropic, "gemini": self._gemini}[vendor]
        self._kept = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                keeper.serve(self, body)

            do_GET = do_POST = do_DELETE = serve

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, http, body):
        headers = {}
        try:
            value, status = self._answer(http, body, headers), 200
        except Unknown as unknown:
            status = 404
            value = {"error": {"message": f"{unknown} is not known", "type": "not_found", "code": 404, "status": "NOT_FOUND"}}
        except Exception as problem:  # noqa: BLE001 - a bug of a fake must not look like one of the gateway
            self.complaints.append(f"{http.command} {http.path}: {type(problem).__name__} {problem}")
            value, status = {"error": {"message": "not understood"}}, 400
        answer = value if isinstance(value, bytes) else json.dumps(value).encode()
        http.send_response(status)
        http.send_header("Content-Type", "application/json" if answer[:1] == b"{" else "application/octet-stream")
        http.send_header("Content-Length", str(len(answer)))
        for name, header in headers.items():
            http.send_header(name, header)
        http.end_headers()
        http.wfile.write(answer)

    def _make(self, prefix, **members):
        """Makes something that is asked for by its `id`."""
        with self._lock:
            identity = f"{prefix}{self.number}x{next(self._numbers)}"
            self.made[prefix] += 1
            self._kept[identity] = {"id": identity} | members
            return self._kept[identity]

    def _have(self, identity):
        with self._lock:
            if identity not in self._kept:
                raise Unknown(identity)
            return self._kept[identity]

    # OpenAI: responses, conversations, files and batches.

    def _openai(self, http, body, _):
        path = http.path.partition("?")[0].removeprefix("/v1/")
        collection, _, rest = path.partition("/")
        if http.command == "GET" and rest:
            identity, _, inner = rest.partition("/")
            kept = self._have(identity)
            return b"content of " + identity.encode() if inner == "content" else kept
        if rest.endswith("/cancel"):
            return self._have(rest.split("/")[0]) | {"status": "cancelling"}
        if collection == "files":
            return self._make("file-", object="file", bytes=2, created_at=1, filename="f", purpose="batch", status="processed")
        asked = json.loads(body or "{}")
        if collection == "batches":
            self._have(asked["input_file_id"])
            output = self._make("file-out-", object="file", bytes=2, created_at=1, filename="o", purpose="batch_output", status="processed")
            return self._make("batch_", object="batch", status="completed", output_file_id=output["id"], created_at=1, **asked)
        if collection == "conversations":
            return self._make("conv_", object="conversation", created_at=1, metadata={})
        if collection == "responses":
            if previous := asked.get("previous_response_id"):
                self._have(previous)
            if conversation := asked.get("conversation"):
                self._have(conversation if isinstance(conversation, str) else conversation["id"])
            for item in asked["input"] if isinstance(asked["input"], list) else ():
                for part in item["content"] if isinstance(item["content"], list) else ():
                    if "file_id" in part:
                        self._have(part["file_id"])
            answer = _response(asked["model"], "completed", [], USAGE) | {"previous_response_id": previous}
            answer.pop("id")
            return self._make("resp_", **answer)
        raise ValueError(path)

    # Anthropic: message batches, and files of the beta.

    def _anthropic(self, http, body, _):
        path = http.path.partition("?")[0].removeprefix("/v1/")
        if path == "files":
            return self._make("file_", type="file", filename="f", mime_type="text/plain", size_bytes=2, created_at=DAY)
        if path.startswith("files/"):
            return self._have(path.split("/")[1])
        if path == "messages":
            for part in json.loads(body)["messages"][0]["content"]:
                if part["type"] == "document":
                    self._have(part["source"]["file_id"])
            content, usage = [{"type": "text", "text": "read"}], {"input_tokens": 1, "output_tokens": 1}
            about = {"type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": None}
            return {"id": "msg_1", "content": content, "usage": usage} | about
        if path == "messages/batches":
            counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
            about = {"type": "message_batch", "processing_status": "ended", "request_counts": counts, "results_url": None}
            return self._make("msgbatch_", created_at=DAY, expires_at=DAY, **about)
        identity, _, inner = path.removeprefix("messages/batches/").partition("/")
        kept = self._have(identity)
        if inner == "results":
            return b'{"custom_id":"of-%s","result":{"type":"canceled"}}\n' % identity.encode()
        # The library reads the address of the results here, and asks its own host for it.
        return kept | {"results_url": f"{self.url}/v1/messages/batches/{identity}/results"}

    # Google: cached contents, and files that are uploaded in two steps.

    def _gemini(self, http, body, headers):
        path, _, query = http.path.partition("?")
        if path.startswith("/upload/"):
            if http.headers["X-Goog-Upload-Command"] == "start":
                upload = self._make("upload-", type=http.headers["X-Goog-Upload-Header-Content-Type"])
                headers["X-Goog-Upload-URL"] = f"{self.url}{path}?upload_id={upload['id']}&upload_protocol=resumable"
                return {}
            upload = re.search("upload_id=([^&]+)", query)[1]
            # The library would ask again until it happens to come to the right one.
            must(upload in self._kept, "upload_id", f"{upload} was not begun here")
            headers["X-Goog-Upload-Status"] = "final"
            return {"file": self._named("files/f", mimeType="text/plain", sizeBytes=str(len(body)), state="ACTIVE")}
        name = path.split("/", 2)[2]
        if http.command in ("GET", "DELETE"):
            return self._have(name)
        asked = _folded(json.loads(body or "{}"))
        if name == "cachedContents":
            return self._named("cachedContents/c", model=asked["model"], usageMetadata={"totalTokenCount": 9})
        if cached := asked.get("cachedContent"):
            self._have(cached)
        for content in asked["contents"]:
            for part in content["parts"]:
                if "fileData" in part:
                    self._have("files/" + part["fileData"]["fileUri"].rpartition("/")[2])
        return _answer([{"text": "cached" if cached else "plain"}], "STOP", {"promptTokenCount": 1, "totalTokenCount": 2})

    def _named(self, prefix, **members):
        made = self._make(prefix, **members)
        made["name"] = made.pop("id")
        if prefix.startswith("files"):
            made["uri"] = f"{self.url}/v1beta/{made['name']}"
        return made
