"""OpenAI's Chat Completions, held to the types of `openai`."""

from openai.types.chat.completion_create_params import CompletionCreateParams

from .fake import Asked, Fake, data, must, text_of
from .shapes import check

STOPS = {"end": "stop", "calls": "tool_calls"}
USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 7,
    "total_tokens": 27,
    "prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 0},
}


class ChatFake(Fake):
    name = "chat"

    def check(self, path, headers, body):
        must(path == "/v1/chat/completions", "path", path)
        must(headers["Authorization"] == "Bearer upstream-key", "Authorization", "another key")
        check(body, CompletionCreateParams)
        open_calls = []
        for index, message in enumerate(body["messages"]):
            at = f".messages[{index}]"
            if message["role"] == "tool":
                must(message["tool_call_id"] in open_calls, at, "a result without call")
                open_calls.remove(message["tool_call_id"])
            else:
                must(not open_calls, at, f"no result for {open_calls}")
                open_calls = [call["id"] for call in message.get("tool_calls") or ()]
                must(len(set(open_calls)) == len(open_calls), at, "an id twice")
                must(all(len(each) <= 40 for each in open_calls), at, "an id of more than 40 characters")
        must(not open_calls, ".messages", f"no result for {open_calls}")
        must(not ("max_tokens" in body and "max_completion_tokens" in body), ".max_tokens", "two limits")
        must("stream_options" not in body or body.get("stream"), ".stream_options", "only with stream")

    def read(self, path, body):
        messages = body["messages"]
        users = [each for each in messages if each["role"] == "user"]
        parts = [part for each in users if isinstance(each["content"], list) for part in each["content"]]
        images = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        calls = [each for each in messages if each.get("tool_calls")]
        form = body.get("response_format") or {}
        return Asked(
            text="\n".join(text_of(each["content"]) for each in users),
            stream=body.get("stream") or False,
            results=tuple(text_of(each["content"]) for each in messages if each["role"] == "tool"),
            # This API has nothing that would have to come back.
            signatures=tuple(self.signature(n) for n, _ in enumerate(calls)),
            image=images[0].removeprefix("data:image/png;base64,") if images else None,
            schema=form.get("json_schema", {}).get("schema"),
            tools=tuple(each["function"]["name"] for each in body.get("tools") or () if "function" in each),
            thinks=body.get("reasoning_effort") not in (None, "none"),
        )

    def whole(self, turn, model):
        message = {"role": "assistant", "content": "".join(turn.words) or None, "refusal": None, "annotations": []}
        if turn.calls:
            message["tool_calls"] = [_call(*call) for call in turn.calls]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": STOPS[turn.stop]}
        return {
            "id": "chatcmpl-Bx1",
            "object": "chat.completion",
            "created": 1700000000,
            "model": model,
            "choices": [choice],
            "usage": USAGE,
            "service_tier": "default",
            "system_fingerprint": None,
        }

    def events(self, turn, model):
        def chunk(delta, finish=None):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return data(_head(model) | {"choices": [choice], "usage": None, "obfuscation": "x4Tz"})

        yield chunk({"role": "assistant", "content": "" if turn.words else None, "refusal": None}), False
        for word in turn.words:
            yield chunk({"content": word}), True
        for index, (call_id, name, arguments) in enumerate(turn.calls):
            first = {"index": index} | _call(call_id, name, "")
            yield chunk({"tool_calls": [first]}), False
            for start in range(0, len(arguments), 5):
                piece = {"index": index, "function": {"arguments": arguments[start : start + 5]}}
                yield chunk({"tool_calls": [piece]}), False
        yield chunk({}, STOPS[turn.stop]), False
        yield data(_head(model) | {"choices": [], "usage": USAGE, "obfuscation": "Q"}), False
        yield b"data: [DONE]\n\n", False

    def error(self, status, message):
        return _error(status, message)

    def call_id(self, n):
        return f"call_5kYc{n}"

    def signature(self, n):
        return f"chat-{n}"


def _error(status, message):
    kinds = {400: "invalid_request_error", 401: "invalid_request_error", 429: "rate_limit_exceeded"}
    codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    return {
        "error": {
            "message": message,
            "type": kinds.get(status, "server_error"),
            "param": None,
            "code": codes.get(status),
        }
    }


def _call(call_id, name, arguments):
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _head(model):
    return {
        "id": "chatcmpl-Bx1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": model,
        "service_tier": "default",
        "system_fingerprint": None,
    }
