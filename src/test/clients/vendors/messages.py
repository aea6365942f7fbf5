"""Anthropic's Messages, held to the types of `anthropic`."""

import json

from anthropic._constants import ANTHROPIC_API_VERSION
from anthropic.types.message_create_params import MessageCreateParams

from .fake import Asked, Fake, must, named, text_of
from .shapes import check

STOPS = {"end": "end_turn", "calls": "tool_use"}
USAGE = {
    "input_tokens": 15,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 5,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 7,
    "service_tier": "standard",
}


class MessagesFake(Fake):
    name = "messages"

    def check(self, path, headers, body):
        must(path == "/v1/messages", "path", path)
        must(headers["x-api-key"] == "upstream-key", "x-api-key", "another key")
        must(headers["anthropic-version"] in ("2023-06-01", ANTHROPIC_API_VERSION), "anthropic-version", "unknown")
        check(_in_newest_version(headers["anthropic-version"], body), MessageCreateParams)
        thinking = body.get("thinking") or {}
        must(body["messages"][0]["role"] == "user", ".messages[0]", "has to be of the user")
        if thinking.get("type") == "enabled":
            must(1024 <= thinking["budget_tokens"] < body["max_tokens"], ".thinking", "budget")
            must(body.get("temperature", 1) == 1, ".temperature", "has to be 1")
        open_calls = []
        before = None
        for index, message in enumerate(body["messages"]):
            at = f".messages[{index}]"
            must(message["role"] != before, at, f"two turns of {before}")
            before = message["role"]
            blocks = _blocks(message)
            must(blocks, at, "empty")
            results = [each["tool_use_id"] for each in blocks if each["type"] == "tool_result"]
            must(sorted(results) == sorted(open_calls), at, f"results {results} for {open_calls}")
            kinds = [each["type"] for each in blocks]
            must(kinds[: len(results)] == ["tool_result"] * len(results), at, "results come first")
            open_calls = [each["id"] for each in blocks if each["type"] == "tool_use"]
            for block in blocks:
                must(block["type"] != "text" or block["text"].strip(), at, "text content blocks must be non-empty")
                must(block["type"] != "thinking" or block["signature"].startswith("EqQB"), at, "Invalid signature")
            if open_calls and thinking.get("type") == "enabled":
                must(kinds[0] in ("thinking", "redacted_thinking"), at, "Expected `thinking`, but found `tool_use`")
        must(not open_calls, ".messages", f"no result for {open_calls}")

    def read(self, path, body):
        blocks = [(message["role"], block) for message in body["messages"] for block in _blocks(message)]
        images = [block["source"] for _, block in blocks if block["type"] == "image"]
        form = (body.get("output_config") or {}).get("format") or {}
        return Asked(
            text="\n".join(block["text"] for role, block in blocks if role == "user" and block["type"] == "text"),
            stream=body.get("stream") or False,
            results=tuple(text_of(block["content"]) for _, block in blocks if block["type"] == "tool_result"),
            signatures=tuple(
                next((block["signature"] for block in _blocks(message) if block["type"] == "thinking"), None)
                for message in body["messages"]
                if any(block["type"] == "tool_use" for block in _blocks(message))
            ),
            image=images[0].get("data") if images else None,
            schema=form.get("schema"),
            # Thinking that the gateway has to switch off, because a client cannot carry the signatures, was asked for once.
            tools=tuple(each["name"] for each in body.get("tools") or ()),
            thinks=bool(body.get("thinking")) or any(block["type"] == "tool_result" for _, block in blocks),
        )

    def whole(self, turn, model):
        content = []
        if turn.thought:
            content.append({"type": "thinking", "thinking": turn.thought, "signature": turn.signature})
        if turn.words:
            content.append({"type": "text", "text": "".join(turn.words), "citations": None})
        for call_id, name, arguments in turn.calls:
            content.append({"type": "tool_use", "id": call_id, "name": name, "input": json.loads(arguments)})
        return _message(model, content, STOPS[turn.stop], USAGE)

    def events(self, turn, model):
        index = 0

        def block(kind, start, deltas):
            yield named({"type": "content_block_start", "index": index, "content_block": {"type": kind} | start}), False
            for delta, is_text in deltas:
                yield named({"type": "content_block_delta", "index": index, "delta": delta}), is_text
            yield named({"type": "content_block_stop", "index": index}), False

        yield named({"type": "message_start", "message": _message(model, [], None, USAGE | {"output_tokens": 1})}), False
        yield named({"type": "ping"}), False
        if turn.thought:
            deltas = [({"type": "thinking_delta", "thinking": piece}, False) for piece in turn.thought.split(" ")]
            deltas.append(({"type": "signature_delta", "signature": turn.signature}, False))
            yield from block("thinking", {"thinking": "", "signature": ""}, deltas)
            index += 1
        if turn.words:
            deltas = [({"type": "text_delta", "text": word}, True) for word in turn.words]
            yield from block("text", {"text": ""}, deltas)
            index += 1
        for call_id, name, arguments in turn.calls:
            pieces = ["", *(arguments[start : start + 5] for start in range(0, len(arguments), 5))]
            deltas = [({"type": "input_json_delta", "partial_json": piece}, False) for piece in pieces]
            yield from block("tool_use", {"id": call_id, "name": name, "input": {}}, deltas)
            index += 1
        usage = {key: USAGE[key] for key in ("input_tokens", "cache_read_input_tokens", "output_tokens")}
        delta = {"stop_reason": STOPS[turn.stop], "stop_sequence": None}
        yield named({"type": "message_delta", "delta": delta, "usage": usage}), False
        yield named({"type": "message_stop"}), False

    def error(self, status, message):
        kinds = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
        kinds |= {529: "overloaded_error"}
        kind = kinds.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011"}

    def call_id(self, n):
        return f"toolu_01A{n}"

    def signature(self, n):
        return f"EqQB{n}/+=="


def _in_newest_version(version, body):
    """The library has the types of its own version; in the one before, which the gateway speaks, a model could be tuned."""
    if version == ANTHROPIC_API_VERSION:
        return body
    for name, shape in (("temperature", float), ("top_p", float), ("top_k", int)):
        if name in body:
            check(body[name], shape, f".{name}")
    return {name: member for name, member in body.items() if name not in ("temperature", "top_p", "top_k")}


def _blocks(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _message(model, content, stop, usage):
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }
