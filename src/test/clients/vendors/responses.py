"""OpenAI's Responses, held to the types of `openai`."""

from openai.types.responses.response_create_params import ResponseCreateParams

from .chat import _error
from .fake import Asked, Fake, must, named, text_of
from .shapes import check

USAGE = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 27,
}


class ResponsesFake(Fake):
    name = "responses"

    def check(self, path, headers, body):
        must(path == "/v1/responses", "path", path)
        must(headers["Authorization"] == "Bearer upstream-key", "Authorization", "another key")
        check(body, ResponseCreateParams)
        must(body.get("model"), ".model", "missing")
        open_calls = []
        for index, item in enumerate(_items(body)):
            at = f".input[{index}]"
            kind = item.get("type", "message")
            if kind == "function_call":
                must(len(item["call_id"]) <= 64, at, "an id of more than 64 characters")
                open_calls.append(item["call_id"])
            elif kind == "function_call_output":
                must(item["call_id"] in open_calls, at, "a result without call")
                open_calls.remove(item["call_id"])
            elif kind == "message":
                must(not open_calls, at, f"no result for {open_calls}")
                wrong = "input_text" if item["role"] == "assistant" else "output_text"
                parts = item["content"] if isinstance(item["content"], list) else []
                must(all(part["type"] != wrong for part in parts), at, f"{wrong} of {item['role']}")
            elif kind == "reasoning":
                must(body.get("store") is not False or item.get("encrypted_content"), at, "Item not found")
                must(item.get("encrypted_content", "rs-").startswith("rs-"), at, "not encrypted by this API")
        must(not open_calls, ".input", f"no result for {open_calls}")

    def read(self, path, body):
        items = _items(body)
        users = [each for each in items if each.get("role") == "user"]
        parts = [part for each in users if isinstance(each["content"], list) for part in each["content"]]
        images = [part["image_url"] for part in parts if part["type"] == "input_image"]
        outputs = [each for each in items if each.get("type") == "function_call_output"]
        form = body.get("text", {}).get("format", {})
        return Asked(
            text="\n".join(text_of(each["content"]) for each in users),
            stream=body.get("stream") or False,
            results=tuple(text_of(each["output"]) for each in outputs),
            signatures=_signatures(items),
            image=images[0].removeprefix("data:image/png;base64,") if images else None,
            schema=form.get("schema"),
            tools=tuple(each.get("name") for each in body.get("tools") or ()),
            thinks=(body.get("reasoning") or {}).get("effort") not in (None, "none"),
        )

    def whole(self, turn, model):
        return _response(model, "completed", [item for item in _output(turn)], USAGE)

    def events(self, turn, model):
        number = iter(range(10_000))

        def event(kind, **members):
            return named({"type": kind, "sequence_number": next(number)} | members)

        yield event("response.created", response=_response(model, "in_progress", [], None)), False
        yield event("response.in_progress", response=_response(model, "in_progress", [], None)), False
        output = _output(turn)
        for index, item in enumerate(output):
            at = {"item_id": item["id"], "output_index": index}
            if item["type"] == "reasoning":
                text = turn.thought
                begun = item | {"summary": [], "encrypted_content": "rs-partial", "status": "in_progress"}
                yield event("response.output_item.added", output_index=index, item=begun), False
                at |= {"summary_index": 0}
                part = {"type": "summary_text", "text": ""}
                yield event("response.reasoning_summary_part.added", part=part, **at), False
                for piece in text.split(" "):
                    yield event("response.reasoning_summary_text.delta", delta=piece, obfuscation="a", **at), False
                yield event("response.reasoning_summary_text.done", text=text, **at), False
                yield event("response.reasoning_summary_part.done", part=part | {"text": text}, **at), False
            elif item["type"] == "message":
                begun = item | {"content": [], "status": "in_progress"}
                yield event("response.output_item.added", output_index=index, item=begun), False
                at |= {"content_index": 0}
                part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
                yield event("response.content_part.added", part=part, **at), False
                for word in turn.words:
                    yield event("response.output_text.delta", delta=word, logprobs=[], obfuscation="b", **at), True
                text = "".join(turn.words)
                yield event("response.output_text.done", text=text, logprobs=[], **at), False
                yield event("response.content_part.done", part=part | {"text": text}, **at), False
            else:
                arguments = item["arguments"]
                begun = item | {"arguments": "", "status": "in_progress"}
                yield event("response.output_item.added", output_index=index, item=begun), False
                for start in range(0, len(arguments), 5):
                    piece = arguments[start : start + 5]
                    yield event("response.function_call_arguments.delta", delta=piece, obfuscation="c", **at), False
                done = {"arguments": arguments, "name": item["name"]}
                yield event("response.function_call_arguments.done", **done, **at), False
            yield event("response.output_item.done", output_index=index, item=item), False
        yield event("response.completed", response=_response(model, "completed", output, USAGE)), False

    def error(self, status, message):
        return _error(status, message)

    def call_id(self, n):
        return f"call_R{n}vQ"

    def signature(self, n):
        return f"rs-{n}"


def _items(body):
    given = body["input"]
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


def _signatures(items):
    """The reasoning that stands before each round of calls."""
    found = []
    state = None
    in_calls = False
    for item in items:
        kind = item.get("type", "message")
        if kind == "reasoning":
            state = item.get("encrypted_content")
        elif kind == "function_call":
            if not in_calls:
                found.append(state)
            in_calls = True
            state = None
        else:
            in_calls = False
    return tuple(found)


def _output(turn):
    output = []
    if turn.thought:
        summary = [{"type": "summary_text", "text": turn.thought}]
        output.append(
            {"id": "rs_07", "type": "reasoning", "summary": summary, "encrypted_content": turn.signature}
        )
    if turn.words:
        part = {"type": "output_text", "text": "".join(turn.words), "annotations": [], "logprobs": []}
        output.append({"id": "msg_07", "type": "message", "status": "completed", "role": "assistant", "content": [part]})
    for call_id, name, arguments in turn.calls:
        output.append(
            {
                "id": f"fc_{call_id}",
                "type": "function_call",
                "status": "completed",
                "call_id": call_id,
                "name": name,
                "arguments": arguments,
            }
        )
    return output


def _response(model, status, output, usage):
    return {
        "id": "resp_07",
        "object": "response",
        "created_at": 1700000000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": "high", "summary": "detailed"},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
    }
