"""What the tests here share: the built launcher, an upstream that is told what to answer, and clients that run in lock-step.

Needs nothing but Python 3.10. What the clients need is installed by .ci/clients.
"""

import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = ROOT / "src/test/clients"
BUILT = ROOT / "target/clients"
JAR = pathlib.Path(os.environ.get("JAR", ROOT / "target/llmproxy.jar"))
JAVA = str(pathlib.Path(os.environ["JAVA_HOME"], "bin/java")) if "JAVA_HOME" in os.environ else "java"
PYTHON = str(BUILT / "venv/bin/python")

# Far more than a busy machine takes. Only what never comes waits for so long.
PATIENCE_SECONDS = 20

ADMIN_TOKEN = "token-of-the-administrator"


def await_that(holds):
    """Waits until something holds; fails if it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it does not hold"
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder):
    """Makes a certificate of this machine's in a folder. Returns its file, and that of its key."""
    files = str(pathlib.Path(folder, "certificate.pem")), str(pathlib.Path(folder, "key.pem"))
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=gateway"]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]],
        check=True,
        capture_output=True,
    )
    return files


class Call:
    """One request that has reached the upstream, and the connection to answer it on."""

    def __init__(self, connection, head, body):
        self.connection = connection
        self.head = head
        self.body = body

    def send(self, data):
        self.connection.sendall(data)

    def begin_stream(self, content_type="text/event-stream"):
        self.send(f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())

    def piece(self, data):
        """One piece of a stream, as one chunk."""
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end_stream(self):
        self.send(b"0\r\n\r\n")

    def json(self, value, status="200 OK"):
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.send(head.encode() + body)


class Upstream:
    """A server whose answers are made by `answer(call)`, which can be set anew for each test."""

    def __init__(self):
        self.answer = lambda call: call.json({})
        self.calls = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as reader:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                while head := self._head(reader):
                    call = Call(connection, head, self._body(reader, head))
                    self.calls.append(call)
                    self.answer(call)
            except OSError:
                pass

    @staticmethod
    def _head(reader):
        lines = []
        for line in iter(reader.readline, b""):
            if line == b"\r\n":
                return b"".join(lines).decode("latin-1")
            lines.append(line)
        return None

    @staticmethod
    def _body(reader, head):
        fields = dict(line.lower().split(":", 1) for line in head.splitlines()[1:])
        if "chunked" in fields.get("transfer-encoding", ""):
            body = b""
            while size := int(reader.readline(), 16):
                body += reader.read(size)
                reader.readline()
            reader.readline()
            return body
        return reader.read(int(fields.get("content-length", 0)))

    def close(self):
        self._listener.close()


class Redis:
    """A Redis that keeps its data in memory only."""

    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        settings = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(["redis-server", *settings], stdout=subprocess.DEVNULL)
        await_that(self._answers)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    def close(self):
        self._process.kill()
        self._process.wait(60)


class Gateway:
    """The built launcher, before one upstream. `forward`, `upstream_settings` and `group` are further settings of each.

    `upstreams`: the whole settings of several, instead. `server`: further settings of the server. `redis`: what it shares through.
    """

    def __init__(
        self, upstream=None, forward=None, upstream_settings=None, group=None, upstreams=None, server=None, redis=None
    ):
        self.port, self.admin = free_port(), free_port()
        self.url = f"{'https' if 'tls' in (forward or {}) else 'http'}://127.0.0.1:{self.port}"
        if upstreams is None:
            upstreams = [{"name": "one", "url": f"http://127.0.0.1:{upstream.port}"} | (upstream_settings or {})]
        self._config = {
            "http_server": {
                "forwards": [
                    {"name": "all", "address": "127.0.0.1", "port": self.port, "upstream_group": "all"} | (forward or {})
                ],
                "admin": {"address": "127.0.0.1", "port": self.admin, "token": ADMIN_TOKEN},
                # A busy machine must not look like an overloaded gateway.
                "max_lag": 0,
            }
            | (server or {}),
            "upstreams": upstreams,
            "upstream_groups": [
                {"name": "all", "upstreams": [{"name": each["name"]} for each in upstreams]} | (group or {})
            ],
        }
        if redis is not None:
            self._config["redis"] = {"url": redis.url}
        self._folder = tempfile.TemporaryDirectory(prefix="llmproxy-clients-")
        self._file = pathlib.Path(self._folder.name, "config.yaml")
        self._file.write_text(json.dumps(self._config))
        self._told_to_stop = False
        self._process = subprocess.Popen(
            [JAVA, "-Xmx128m", "-jar", str(JAR), "--config", str(self._file)], stdout=subprocess.DEVNULL
        )
        self._await_ready()

    def reload(self, **forward):
        """Loads the configuration again, with other settings of the forward, and waits until it holds."""
        self._config["http_server"]["forwards"][0] |= forward
        self._file.write_text(json.dumps(self._config))
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin}/admin/reload", method="POST", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}
        )
        urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()

    def metric(self, sample):
        """The value of a sample, by its name and labels as they stand."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=PATIENCE_SECONDS) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(f"{sample} "):
                    return float(line.rpartition(" ")[2])
        return 0.0

    def begin_to_stop(self):
        """Tells it to stop, and does not wait until it has."""
        self._told_to_stop = True
        self._process.send_signal(signal.SIGTERM)

    def _await_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/health/ready", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.close()
        raise AssertionError("the gateway does not become ready")

    def close(self):
        # To be told twice is to be told to stop at once.
        if self._process.poll() is None and not self._told_to_stop:
            self.begin_to_stop()
        status = self._process.wait(60)
        self._folder.cleanup()
        assert status == 0, f"the gateway ended with {status}"


def event(value):
    """An event of a stream, as most providers write it."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class LockStep:
    """An answer whose next event is made only after the client has said that it has the one before.

    A client is a program that prints a line for each event, at once. A gateway that holds an event back until the next one
    comes is found by this whatever the client reads by: bytes, lines, events or whole chunks.
    """

    def __init__(self, pieces, last=(b"data: [DONE]\n\n",)):
        """`pieces`: what is sent step by step. `last`: what follows when the client has seen all of them."""
        self._pieces = pieces
        self._last = last
        self._seen = threading.Semaphore(0)
        self._sent = 0

    def answer(self, call):
        """The upstream's side."""
        call.begin_stream()
        for piece in self._pieces:
            self._sent += 1
            call.piece(piece)
            if not self._seen.acquire(timeout=PATIENCE_SECONDS):
                return
        for piece in self._last:
            call.piece(piece)
        call.end_stream()

    def run(self, command, is_event=lambda line: True, env=None):
        """Runs a client to its end, and returns what it printed. Fails if it waits for an event that was sent."""
        client = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | (env or {})
        )
        lines = queue.Queue()
        errors = []
        readers = [
            threading.Thread(target=self._read, args=(client.stdout, lines.put), daemon=True),
            threading.Thread(target=self._read, args=(client.stderr, errors.append), daemon=True),
        ]
        for reader in readers:
            reader.start()
        printed = []
        events = 0
        try:
            while (line := lines.get(timeout=PATIENCE_SECONDS)) is not None:
                printed.append(line)
                if is_event(line):
                    events += 1
                    if events <= len(self._pieces):
                        self._seen.release()
        except queue.Empty:
            raise AssertionError(f"event {self._sent} was sent, but the client has only {printed}") from None
        finally:
            client.kill()
            status = client.wait()
            for reader in readers:
                reader.join()
            client.stdout.close()
            client.stderr.close()
        assert events >= len(self._pieces), f"{events} of {len(self._pieces)} events reached the client: {printed} {errors}"
        assert status in (0, -signal.SIGKILL), f"the client ended with {status}: {errors}"
        return printed

    @staticmethod
    def _read(stream, take):
        for line in stream:
            take(line.rstrip("\n"))
        if take.__name__ == "put":
            take(None)
