"""What the fakes share: a server that checks each request, takes a scene from it, and plays that in lock-step.

A scene is named in the first text of the user's: `scene=loop run=17`. What a vendor's own file knows is how its API says it.

Side channel, for clients in whatever process: `POST /seen/RUN` says that the client has the text sent before, `GET /gone/RUN`
answers 200 once the client's leaving has reached the fake.
"""

import dataclasses
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .shapes import Mismatch

# Far more than a busy machine takes. Only what never comes waits for so long.
PATIENCE_SECONDS = 20

WORDS = ("Hel", "lo ", "there")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

# Two rounds of parallel calls, then the answer.
ROUNDS = (
    (("weather", '{"city":"Bonn"}'), ("weather", '{"city":"Köln \\"am Rhein\\""}')),
    (("weather", '{"city":"Ulm"}'), ("time", "{}")),
)


# The tools by which agents run commands.
SHELLS = {
    "exec_command": lambda command: {"cmd": command},
    "shell_command": lambda command: {"command": command},
    "shell": lambda command: {"command": ["sh", "-c", command]},
    "run_shell_command": lambda command: {"command": command},
    "Bash": lambda command: {"command": command},
}


@dataclasses.dataclass
class Turn:
    """What the model says in one turn. `calls`: id, name, arguments."""

    words: tuple = ()
    thought: str = ""
    signature: str = ""
    calls: tuple = ()
    stop: str = "end"


@dataclasses.dataclass
class Asked:
    """What a fake has read from a request.

    `results`: the texts of the results of tools, in order. `signatures`: of each turn of the model's that called tools, the
    opaque state that came back with it, or None. `image`, `schema`: what came of them.
    """

    text: str
    stream: bool
    results: tuple = ()
    signatures: tuple = ()
    image: str | None = None
    schema: dict | None = None
    thinks: bool = False
    tools: tuple = ()


def result_of(name, arguments):
    """What the client's tools return. The fakes expect to see it again."""
    return f"{name} of {json.loads(arguments).get('city', 'now')}"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Fake:
    """One vendor's API. Subclasses say how it reads and what it says."""

    name = "fake"

    def __init__(self):
        self.complaints = []
        self.requests = 0
        self._seen = {}
        self._gone = {}
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 0

            def log_message(self, *_):
                pass

            def do_GET(self):
                run = self.path.rsplit("/", 1)[1]
                fake._reply(self, 200 if fake._event(fake._gone, run).wait(PATIENCE_SECONDS) else 404, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.startswith("/seen/"):
                    fake._steps(self.path[6:]).release()
                    return fake._reply(self, 200, {})
                return fake._answer(self, body)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    # To be said by each vendor.

    def check(self, path, headers, body):
        """Raises Mismatch unless the vendor would take this request."""
        raise NotImplementedError

    def read(self, path, body):
        """Returns what was asked."""
        raise NotImplementedError

    def whole(self, turn, model):
        """Returns a turn as one document."""
        raise NotImplementedError

    def events(self, turn, model):
        """Yields a turn as the pieces of a stream: (bytes, whether the client can see it as text)."""
        raise NotImplementedError

    def error(self, status, message):
        """Returns an error as this vendor tells it."""
        raise NotImplementedError

    def call_id(self, n):
        raise NotImplementedError

    def signature(self, n):
        raise NotImplementedError

    # The mechanism.

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _steps(self, run):
        with self._lock:
            return self._seen.setdefault(run, threading.Semaphore(0))

    def _event(self, events, run):
        with self._lock:
            return events.setdefault(run, threading.Event())

    def _complain(self, problem):
        self.complaints.append(f"{self.name}: {problem}")

    def _answer(self, http, raw):
        self.requests += 1
        try:
            body = json.loads(raw)
            self.check(http.path, http.headers, body)
            asked = self.read(http.path, body)
            scene = re.search(r"scene=([\w-]+) run=([\w-]+)", asked.text)
            if not scene:
                raise Mismatch("", f"no scene in {asked.text[:60]!r}")
        except Exception as problem:  # noqa: BLE001 - a bug of a fake must not look like one of the gateway
            self._complain(f"{http.path}: {type(problem).__name__} {problem}")
            return self._reply(http, 400, self.error(400, f"{problem}"))
        return self._play(http, body, asked, *scene.groups())

    def _play(self, http, body, asked, scene, run):
        if scene.startswith("error-"):
            status = int(scene[6:])
            headers = {"Retry-After": "7"} if status == 429 else {}
            return self._reply(http, status, self.error(status, f"told by {self.name}"), headers)
        turn = self._turn(asked, scene, run)
        model = body.get("model", "m")
        if not asked.stream:
            return self._reply(http, 200, self.whole(turn, model))
        self._begin(http)
        try:
            if scene == "cancel":
                return self._until_gone(http, turn, model, run)
            return self._stream(http, turn, model, scene, run)
        except OSError:
            self._event(self._gone, run).set()
            http.close_connection = True
            return None

    def _turn(self, asked, scene, run):
        if scene == "image":
            if asked.image != PNG:
                self._complain(f"{run}: the image is {str(asked.image)[:50]}")
            return Turn(words=("image of ", f"{len(asked.image or '')}"))
        if scene == "schema":
            if not asked.schema or "city" not in asked.schema.get("properties", {}):
                self._complain(f"{run}: the schema is {asked.schema}")
            return Turn(words=('{"city":', '"Bonn"}'))
        if scene in ("think", "loop"):
            if not asked.thinks:
                self._complain(f"{run}: not told to think")
        if scene == "think":
            return Turn(words=WORDS, thought="let me see", signature=self.signature(0))
        if scene == "loop":
            return self._round(asked, scene, run)
        if scene == "agent":
            return self._agent(asked, run)
        return Turn(words=WORDS)

    def _round(self, asked, scene, run):
        done = len(asked.results)
        results = [_unwrapped(text) for text in asked.results]
        expected = [result_of(*call) for calls in ROUNDS for call in calls][:done]
        if results != expected:
            self._complain(f"{run}: results {results}, expected {expected}")
        sent = tuple(self.signature(n) for n in range(done // 2))
        if scene == "loop" and not run.endswith("-unsigned") and asked.signatures != sent:
            self._complain(f"{run}: signatures {asked.signatures}, expected {sent}")
        if done == 4:
            return Turn(words=("done: ", ", ".join(results)))
        n = done // 2
        calls = tuple((self.call_id(done + k), *call) for k, call in enumerate(ROUNDS[n]))
        return Turn(thought=f"round {n}", signature=self.signature(n), calls=calls, stop="calls")

    def _agent(self, asked, run):
        """Has an agent run a command by whichever tool it has for that, then says what came of it."""
        if asked.results:
            said = "made it" if f"made-by-{run}" in asked.results[-1] else asked.results[-1]
            return Turn(words=("the command ", said))
        command = f"echo made-by-{run} | tee made.txt"
        for name, arguments in SHELLS.items():
            if name in asked.tools:
                call = (self.call_id(0), name, json.dumps(arguments(command)))
                return Turn(thought="a command", signature=self.signature(0), calls=(call,), stop="calls")
        self._complain(f"{run}: no shell among {asked.tools}")
        return Turn(words=("no shell",))

    def _stream(self, http, turn, model, scene, run):
        texts = 0
        for piece, is_text in self.events(turn, model):
            self._piece(http, piece)
            if not is_text or scene == "agent":
                continue
            texts += 1
            if not self._steps(run).acquire(timeout=PATIENCE_SECONDS):
                self._complain(f"{run}: text {texts} was sent, but the client does not have it")
                break
            if scene == "cut" and texts == 2:
                http.close_connection = True
                return http.connection.close()
        return self._end(http)

    def _until_gone(self, http, turn, model, run):
        pieces = list(self.events(turn, model))
        first = next(index for index, (_, is_text) in enumerate(pieces) if is_text)
        for piece, _ in pieces[: first + 1]:
            self._piece(http, piece)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self._piece(http, pieces[first][0])
            time.sleep(0.02)
        self._complain(f"{run}: the client has left, but the gateway reads on")

    @staticmethod
    def _begin(http):
        http.send_response(200)
        http.send_header("Content-Type", "text/event-stream")
        http.send_header("Transfer-Encoding", "chunked")
        http.end_headers()

    @staticmethod
    def _piece(http, data):
        http.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    @staticmethod
    def _end(http):
        http.wfile.write(b"0\r\n\r\n")

    @staticmethod
    def _reply(http, status, value, headers=None):
        body = json.dumps(value).encode()
        http.send_response(status)
        http.send_header("Content-Type", "application/json")
        http.send_header("Content-Length", str(len(body)))
        for name, header in (headers or {}).items():
            http.send_header(name, header)
        http.end_headers()
        http.wfile.write(body)


def _unwrapped(result):
    """A result as it was, where a client has put it into an object of its own, as LiteLLM's does for Gemini."""
    return json.loads(result)["content"] if result.startswith('{"content":') else result


def text_of(content, kinds=("text", "input_text", "output_text")):
    """The text of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content or () if part.get("type") in kinds)


def data(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def named(value):
    return f"event: {value['type']}\n".encode() + data(value)


def must(holds, path, problem):
    if not holds:
        raise Mismatch(path, problem)
