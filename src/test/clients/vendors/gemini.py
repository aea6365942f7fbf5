"""Google's generateContent, held to the types of `google-genai`."""

import base64
import json
import re
import typing

import typing_extensions
from google.genai import types

from .fake import Asked, Fake, data, must
from .shapes import check

# The library has a type for each member, and none for the whole.
Request = typing_extensions.TypedDict(
    "Request",
    {
        "contents": typing_extensions.Required[list[types.Content]],
        "systemInstruction": types.Content,
        "tools": list[types.Tool],
        "toolConfig": types.ToolConfig,
        "safetySettings": list[types.SafetySetting],
        "generationConfig": types.GenerationConfig,
        "cachedContent": str,
        "serviceTier": str,
    },
    total=False,
)
USAGE = {
    "promptTokenCount": 20,
    "cachedContentTokenCount": 5,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 2,
    "totalTokenCount": 27,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}],
}


class GeminiFake(Fake):
    name = "gemini"

    def check(self, path, headers, body):
        verb = path.split("?")[0].rsplit(":", 1)[1]
        must(re.match("/v1(beta)?/models/gemini-3-pro-preview:", path), "path", path)
        must(verb == "generateContent" or path.endswith(":streamGenerateContent?alt=sse"), "path", path)
        must(headers["x-goog-api-key"] == "upstream-key", "x-goog-api-key", "another key")
        if path.startswith("/v1/"):
            # As the vendor's own library writes some names; the gateway asks /v1beta.
            body = _folded(body)
        check(body, Request)
        contents = body["contents"]
        must(contents[0].get("role", "user") == "user", ".contents[0]", "has to be of the user")
        open_calls = []
        before = None
        for index, content in enumerate(contents):
            at = f".contents[{index}]"
            must(content["role"] in ("user", "model") and content["role"] != before, at, f"role {content['role']}")
            before = content["role"]
            must(content["parts"], at, "no parts")
            responses = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
            must(
                sorted((each.get("id"), each["name"]) for each in responses) == sorted(open_calls),
                at,
                "the number of function response parts has to equal that of function call parts",
            )
            calls = [part for part in content["parts"] if "functionCall" in part]
            open_calls = [(part["functionCall"].get("id"), part["functionCall"]["name"]) for part in calls]
            if calls:
                must(calls[0].get("thoughtSignature"), at, "Function call is missing a thought_signature")
            for part in content["parts"]:
                must(len(set(part) - {"thought", "thoughtSignature"}) == 1, at, f"a part of {sorted(part)}")
                signature = part.get("thoughtSignature")
                # The value that skips the check is the only one that is not this API's own.
                own = signature is None or signature == "skip_thought_signature_validator" or _is_own(signature)
                must(own, at, "Thought signature is not valid")
        must(not open_calls, ".contents", f"no response for {open_calls}")

    def read(self, path, body):
        body = _folded(body)
        parts = [part for content in body["contents"] for part in content["parts"]]
        images = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
        config = body.get("generationConfig") or {}
        first_calls = [
            next(part for part in content["parts"] if "functionCall" in part)
            for content in body["contents"]
            if any("functionCall" in part for part in content["parts"])
        ]
        return Asked(
            text="\n".join(part.get("text", "") for part in parts),
            stream=":stream" in path,
            results=tuple(_result(part["functionResponse"]["response"]) for part in parts if "functionResponse" in part),
            signatures=tuple(part.get("thoughtSignature") for part in first_calls),
            image=images[0].replace("-", "+").replace("_", "/") if images else None,
            schema=config.get("responseJsonSchema") or config.get("responseSchema"),
            tools=tuple(each["name"] for tool in body.get("tools") or () for each in tool.get("functionDeclarations", ())),
            thinks=bool(config.get("thinkingConfig")),
        )

    def whole(self, turn, model):
        parts = [{"text": turn.thought, "thought": True}] if turn.thought else []
        if turn.words:
            parts.append({"text": "".join(turn.words)})
        parts += _calls(turn)
        return _answer(parts, "STOP", USAGE)

    def events(self, turn, model):
        if turn.thought:
            yield data(_answer([{"text": turn.thought, "thought": True}])), False
        for word in turn.words:
            yield data(_answer([{"text": word}])), True
        for call in _calls(turn):
            yield data(_answer([call])), False
        yield data(_answer([{"text": ""}], "STOP", USAGE)), False

    def error(self, status, message):
        words = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        error = {"code": status, "message": message, "status": words.get(status, "INTERNAL")}
        if status == 429:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
        return {"error": error}

    def call_id(self, n):
        return f"fc-{n}-x7"

    def signature(self, n):
        return base64.b64encode(b"own %d" % n).decode()


def _folded(value):
    """Names are taken in both spellings. What has names of the user's own stays."""
    if isinstance(value, list):
        return [_folded(each) for each in value]
    if not isinstance(value, dict):
        return value
    folded = {re.sub("_([a-z])", lambda match: match[1].upper(), name): member for name, member in value.items()}
    own = ("args", "response", "parametersJsonSchema", "responseJsonSchema")
    return {name: member if name in own else _folded(member) for name, member in folded.items()}


def _is_own(signature):
    return base64.b64decode(signature).startswith(b"own ")


def _result(response: dict[str, typing.Any]):
    return response.get("output") or response.get("result") or json.dumps(response)


def _calls(turn):
    parts = [
        {"functionCall": {"id": call_id, "name": name, "args": json.loads(arguments)}}
        for call_id, name, arguments in turn.calls
    ]
    if parts:
        # Only the first of parallel calls is signed.
        parts[0]["thoughtSignature"] = turn.signature
    return parts


def _answer(parts, finish=None, usage=None):
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    answer = {"candidates": [candidate], "modelVersion": "gemini-3-pro-preview", "responseId": "r-1"}
    if usage:
        answer["usageMetadata"] = usage
    return answer
