"""Prints each line of an event stream when it comes: URL BODY. Reads whole chunks."""

import sys

import requests

url, body = sys.argv[1:]
with requests.post(url, data=body, headers={"Content-Type": "application/json"}, stream=True, timeout=60) as answer:
    answer.raise_for_status()
    for line in answer.iter_lines():
        print(line.decode(), flush=True)
