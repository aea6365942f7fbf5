"""Which client meets which upstream with what: the same cases for the vendors' libraries of each language."""

import concurrent.futures
import itertools
import json
import subprocess
import traceback

from .chat import ChatFake
from .gemini import GeminiFake
from .messages import MessagesFake
from .responses import ResponsesFake

# What the upstreams call their models; the gateway knows by these names what the models take.
MODELS = {
    "chat": "gpt-5.1",
    "responses": "gpt-5.1",
    "messages": "claude-sonnet-4-5",
    "gemini": "gemini-3-pro-preview",
}
PROVIDERS = {"chat": "openai", "responses": "openai", "messages": "anthropic", "gemini": "gemini"}
AUTH = {
    "openai": {"type": "bearer", "token": "upstream-key"},
    "anthropic": {"type": "api_key", "header": "x-api-key", "token": "upstream-key"},
    "gemini": {"type": "api_key", "header": "x-goog-api-key", "token": "upstream-key"},
}
ERRORS = (400, 401, 429, 503)
SCENES = ("plain", "stream", "think", "think-stream", "image", "schema", "loop", "loop-stream", "cut", "cancel") + tuple(
    f"error-{status}" for status in ERRORS
)


class Vendors:
    """The four fakes, and the settings of the gateway's upstreams in front of them."""

    def __init__(self):
        self.fakes = {"chat": ChatFake(), "responses": ResponsesFake(), "messages": MessagesFake(), "gemini": GeminiFake()}

    def upstreams(self, clients, languages):
        """One for each API, and one for each failure that a client is told: an upstream that fails is left alone for a while."""
        settings = [self._upstream(upstream, f"to-{upstream}") for upstream in MODELS]
        for language, client, upstream in itertools.product(languages, clients, MODELS):
            failing = f"to-{upstream}-{language}-{client}"
            settings += [self._upstream(upstream, f"{failing}-{failure}") for failure in (*ERRORS, "cut")]
        return settings

    def _upstream(self, upstream, name):
        provider = PROVIDERS[upstream]
        return {
            "name": name,
            "url": self.fakes[upstream].url,
            "provider": provider,
            "dialect": "openai" if upstream == "chat" else upstream.replace("messages", "anthropic"),
            "auth": AUTH[provider],
            "models": {name: MODELS[upstream]},
        }

    def complaints(self):
        return [each for fake in self.fakes.values() for each in fake.complaints]

    def close(self):
        for fake in self.fakes.values():
            fake.close()


def cases(client, language):
    """Yields (scene, model, run, upstream, told): the status that an error of the upstream's becomes, if it is one."""
    dialect = client.rsplit("-", 1)[-1]
    for upstream in MODELS:
        for scene in SCENES:
            model = f"to-{upstream}"
            status = told = 0
            if scene.startswith("error-"):
                status = int(scene[6:])
                told = told_status(dialect, upstream, status)
                model += f"-{language}-{client}-{status}"
            if scene == "cut":
                model += f"-{language}-{client}-cut"
            if upstream == "messages" and status == 503:
                scene = "error-529"
            run = f"{language}-{client}-{upstream}-{scene}"
            # A chat has no place for the state of these.
            if dialect == "chat" and upstream in ("messages", "responses"):
                run += "-unsigned"
            yield scene, model, run, upstream, told


def play_elsewhere(command, gateway, vendors, clients, language):
    """Has a program play all cases: it reads them as JSON, and prints the problems that it had. Returns these, and how many it played."""
    everything = [
        {
            "client": client,
            "scene": scene,
            "model": model,
            "run": run,
            "fake": vendors.fakes[upstream].url,
            "upstream": upstream,
            "told": told,
        }
        for client in clients
        for scene, model, run, upstream, told in cases(client, language)
    ]
    asked = json.dumps({"gateway": gateway, "cases": everything})
    played = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=300)
    if played.returncode:
        return [f"{command} ended with {played.returncode}: {played.stderr}"], 0
    result = json.loads(played.stdout.splitlines()[-1])
    return result["problems"], result["played"]


def told_status(client, upstream, status):
    """The status that a client sees, by docs/errors.md. Whether the upstream takes its key is not the client's affair."""
    if status == 503:
        return 529 if "messages" in (client, upstream) and (client == "messages" or client == upstream) else 503
    return 502 if status == 401 else status


def play(act, clients, language, workers=16):
    """Runs all cases side by side. Returns what went wrong, and how many there were."""
    problems = []
    everything = [(client, *case) for client in clients for case in cases(client, language)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = {pool.submit(act, *case): case for case in everything}
        for job in concurrent.futures.as_completed(jobs):
            if problem := job.exception():
                text = "".join(traceback.format_exception(problem)[-2:])
                problems.append(f"{jobs[job][3]}: {text}")
    return problems, len(everything)
