"""Prints each line of an event stream when it comes: URL BODY. Asks for `Connection: close`, as urllib always does."""

import sys
import urllib.request

url, body = sys.argv[1:]
request = urllib.request.Request(url, data=body.encode(), headers={"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=60) as answer:
    for line in answer:
        print(line.decode().rstrip("\n"), flush=True)
