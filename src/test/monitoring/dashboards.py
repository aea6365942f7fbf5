"""Puts load on a gateway, lets Prometheus scrape it, and asks each query of each dashboard whether it returns data.

dashboards.py JAR PROMETHEUS.YML DASHBOARD.JSON... [--draw DIRECTORY]
"""

import argparse
import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import draw
import mock

HERE = os.path.dirname(os.path.abspath(__file__))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait_for(what, condition, seconds=30):
    until = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > until:
            sys.exit(f"dashboards: {what}: not within {seconds} s")
        time.sleep(0.1)


class Load:
    """Clients of all kinds, until it is told to stop."""

    def __init__(self, ports):
        self.ports = ports
        self.stopped = threading.Event()
        self.began = time.monotonic()

    def start(self):
        chat = [("gpt-5", False), ("gpt-5", True), ("gpt-5-mini", True), ("other", False)]
        clients = [(self.ports["chat"], *each, 0.1) for each in chat * 2]
        clients += [(self.ports["chat"], model, model == "fragile", 0.4) for model in ("fragile", "odd", "hopeless", "secret", "late")]
        clients += [(self.ports["team"], "gpt-5", False, 0.05), (self.ports["team"], "gpt-5", True, 0.3)]
        clients += [(self.ports["narrow"], "gpt-5", True, 0.05)] * 4
        for number, client in enumerate(clients):
            threading.Thread(target=self.ask_on, args=(number, *client), daemon=True).start()

    def ask_on(self, number, port, model, stream, pause):
        while not self.stopped.is_set():
            try:
                self.ask(number, port, model, stream)
            except (OSError, http.client.HTTPException):
                pass
            tide = 1.2 + 0.8 * (1 if int(time.monotonic() - self.began) % 20 < 10 else -1)
            time.sleep(pause * random.uniform(0.3, 1.7) * tide)

    @staticmethod
    def ask(number, port, model, stream):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hello " * 50}]}
        headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-team-a"}
        if random.random() < 0.1:
            headers = {"Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        answer = connection.getresponse()
        if stream and random.random() < 0.15:
            answer.read(20)
        else:
            answer.read()
        connection.close()


class Prometheus:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/api/v1/"

    def ask(self, path, **parameters):
        told = json.loads(get(self.url + path + "?" + urllib.parse.urlencode(parameters)))
        if told["status"] != "success":
            raise OSError(told)
        return told["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def curve(self, expression, since, until):
        return self.ask("query_range", query=expression, start=since, end=until, step=1)["result"]


def substituted(expression, rate="1m", span="1m"):
    expression = expression.replace("$__rate_interval", rate).replace("$__range", span)
    return re.sub(r"\$\w+", ".*", expression)


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def shape_problems(name, dashboard):
    """What Grafana would stumble over."""
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) != len(ids):
        yield f"{name}: two panels have one id"
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        if place["x"] + place["w"] > 24 or cells & taken:
            yield f"{name}: {panel['title']}: outside the grid, or over another panel"
        taken |= cells
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                yield f"{name}: {panel['title']}: a data source of its own"


def query_problems(name, dashboard, prometheus):
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            metric = re.match(r"label_values\((\w+),", variable["definition"]).group(1)
            if not prometheus.ask(f"label/{variable['name']}/values", **{"match[]": metric}):
                yield f"{name}: variable {variable['name']}: no values of {metric}"
    for panel in panels(dashboard):
        for target in panel["targets"]:
            expression = substituted(target["expr"])
            try:
                values = [float(each["value"][1]) for each in prometheus.query(expression)]
            except OSError as failure:
                yield f"{name}: {panel['title']}: {expression}: {failure}"
                continue
            if not [value for value in values if value == value]:
                yield f"{name}: {panel['title']}: no data: {expression}"


def metric_problems(rules, prometheus):
    """Names in rules that nothing has."""
    known = set(prometheus.ask("label/__name__/values"))
    for name in sorted(set(re.findall(r"\bllmproxy_\w+", rules))):
        if name not in known:
            yield f"rules: {name} is no metric that was scraped"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("jar")
    arguments.add_argument("prometheus")
    arguments.add_argument("dashboards", nargs="+")
    arguments.add_argument("--draw")
    arguments.add_argument("--seconds", type=int, default=20)
    given = arguments.parse_args()
    began = time.monotonic()
    ports = dict(zip(("chat", "team", "narrow", "admin", "gone", "prometheus"), free_ports(6)))
    ports["mock"] = mock.start()
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        try:
            run(given, ports, directory, processes, began)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)


def run(given, ports, directory, processes, began):
    with open(os.path.join(HERE, "gateway.yaml")) as text:
        configuration = re.sub(r"@(\w+)", lambda name: str(ports[name.group(1)]), text.read())
    for name, content in (("gateway.yaml", configuration), ("prices.yaml", open(os.path.join(HERE, "prices.yaml")).read())):
        with open(os.path.join(directory, name), "w") as file:
            file.write(content)
    with open(given.prometheus) as text:
        scraping = text.read().replace("llmproxy:9000", f"127.0.0.1:{ports['admin']}")
    scraping = re.sub(r"(scrape_interval|evaluation_interval): \w+", r"\1: 1s", scraping)
    rules = os.path.join(os.path.dirname(os.path.abspath(given.prometheus)), "rules.yml")
    with open(os.path.join(directory, "prometheus.yml"), "w") as file:
        file.write(scraping.replace("- rules.yml", f"- {rules}"))
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
    launch = [java, "-Xmx256m", "-jar", os.path.abspath(given.jar), "--config", "gateway.yaml"]
    processes.append(subprocess.Popen(launch, cwd=directory))
    wait_for("the gateway is ready", lambda: get(f"http://127.0.0.1:{ports['admin']}/health/ready"))
    scrape = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=error"]
    processes.append(subprocess.Popen([*scrape, f"--web.listen-address=127.0.0.1:{ports['prometheus']}"], cwd=directory))
    prometheus = Prometheus(ports["prometheus"])
    wait_for("Prometheus scrapes the gateway", lambda: prometheus.query('up{job="llmproxy"} == 1'))

    load = Load(ports)
    since = time.time()
    load.start()
    dashboards = {os.path.splitext(os.path.basename(path))[0]: json.load(open(path)) for path in given.dashboards}
    time.sleep(given.seconds)
    problems = []
    # The load goes on while it is looked: what has no data yet may have it a moment later.
    for _ in range(5):
        problems = [problem for name, board in dashboards.items() for problem in query_problems(name, board, prometheus)]
        if not problems:
            break
        time.sleep(2)
    problems += [problem for name, board in dashboards.items() for problem in shape_problems(name, board)]
    problems += metric_problems(open(rules).read(), prometheus)
    if given.draw:
        for name, board in dashboards.items():
            draw.dashboard(board, os.path.join(given.draw, name + ".svg"), lambda expression: prometheus.curve(
                substituted(expression, rate="10s", span="1m"), since, time.time()))
    load.stopped.set()
    count = sum(len(panels(board)) for board in dashboards.values())
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{count} panels of {len(dashboards)} dashboards, {len(problems)} problems, {time.monotonic() - began:.0f} s")
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
