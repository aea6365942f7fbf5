"""Prints each line of an event stream when it comes: URL BODY."""

import sys

import httpx

url, body = sys.argv[1:]
with httpx.stream("POST", url, content=body, headers={"Content-Type": "application/json"}, timeout=60) as answer:
    answer.raise_for_status()
    for line in answer.iter_lines():
        print(line, flush=True)
