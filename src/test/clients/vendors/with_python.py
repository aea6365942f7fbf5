"""The vendors' libraries for Python, in the scenes of the matrix. Each holds the answers to its own types."""

import base64
import json
import urllib.request

import anthropic
import openai
import pydantic
from google import genai
from google.genai import errors, types

from .fake import PNG, ROUNDS, WORDS, result_of

TEXT = "".join(WORDS)
DONE = "done: " + ", ".join(result_of(*call) for calls in ROUNDS for call in calls)
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = (("weather", "Tells the weather", CITY), ("time", "Tells the time", {"type": "object", "properties": {}}))


class City(pydantic.BaseModel):
    city: str


class Scene:
    """What a client plays: a scene against a model. `seen` tells the fake that a text has come."""

    def __init__(self, client, fake, scene, model, run, told):
        self.client, self.fake, self.model, self.run, self.told = client, fake, model, run, told
        self.streams = scene.endswith("-stream")
        self.scene = scene.removesuffix("-stream")
        self.prompt = f"scene={self.scene} run={run}"

    def seen(self, text):
        if text:
            request = urllib.request.Request(f"{self.fake.url}/seen/{self.run}", method="POST")
            urllib.request.urlopen(request, timeout=20).close()
        return text

    def left(self):
        urllib.request.urlopen(f"{self.fake.url}/gone/{self.run}", timeout=30).close()


def same(expected, found):
    assert expected == found, f"expected {expected!r}, found {found!r}"


def error_of(kind, action):
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"no {kind}")


class Chat(Scene):
    def __init__(self, *args):
        super().__init__(*args)
        self.create = self.client.chat.completions.create
        self.question = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": self.prompt}]

    def plain(self):
        answer = self.create(model=self.model, messages=self.question)
        same((TEXT, "stop", self.model), (answer.choices[0].message.content, answer.choices[0].finish_reason, answer.model))
        same((20, 7, 27), (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens))
        same(5, answer.usage.prompt_tokens_details.cached_tokens)

    def stream(self):
        chunks = []
        options = {"include_usage": True}
        for chunk in self.create(model=self.model, messages=self.question, stream=True, stream_options=options):
            chunks.append(chunk)
            if chunk.choices:
                self.seen(chunk.choices[0].delta.content)
        same(TEXT, "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices))
        same(27, chunks[-1].usage.total_tokens)
        same({self.model}, {chunk.model for chunk in chunks})

    def think(self):
        message = self._turn(self.question)
        same(TEXT, message.content)
        if "to-chat" != self.model and "to-responses" != self.model:
            same("let me see".replace(" ", ""), message.reasoning_content.replace(" ", ""))

    def image(self):
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
        content = [{"type": "text", "text": self.prompt}, image]
        answer = self.create(model=self.model, messages=[{"role": "user", "content": content}])
        same(f"image of {len(PNG)}", answer.choices[0].message.content)

    def schema(self):
        answer = self.client.chat.completions.parse(model=self.model, messages=self.question, response_format=City)
        same(City(city="Bonn"), answer.choices[0].message.parsed)

    def loop(self):
        history = list(self.question)
        for _ in range(2):
            message = self._turn(history)
            calls = message.tool_calls
            same(2, len(calls))
            dumped = [call.model_dump(exclude_none=True, exclude={"function": {"parsed_arguments"}}) for call in calls]
            for call in dumped:
                call.pop("index", None)
            history.append({"role": "assistant", "content": message.content, "tool_calls": dumped})
            for call in calls:
                result = result_of(call.function.name, call.function.arguments)
                history.append({"role": "tool", "tool_call_id": call.id, "content": result})
        same(DONE, self._turn(history).content)

    def _turn(self, messages):
        tools = [
            {"type": "function", "function": {"name": name, "description": text, "parameters": schema}}
            for name, text, schema in TOOLS
        ]
        request = {"model": self.model, "messages": messages, "tools": tools, "reasoning_effort": "high"}
        if not self.streams:
            return self.create(**request).choices[0].message
        with self.client.chat.completions.stream(**request) as stream:
            for event in stream:
                if event.type == "content.delta":
                    self.seen(event.delta)
            return stream.get_final_completion().choices[0].message

    def error(self):
        error = error_of(openai.APIStatusError, lambda: self.create(model=self.model, messages=self.question))
        same(self.told, error.status_code)
        assert "told by" in error.message or self.told == 502, error.message
        if self.told == 429:
            same("7", error.response.headers["retry-after"])

    def cut(self):
        def read():
            for chunk in self.create(model=self.model, messages=self.question, stream=True):
                assert chunk.choices[0].finish_reason is None, chunk
                self.seen(chunk.choices[0].delta.content)

        error_of(openai.APIError, read)

    def cancel(self):
        with self.create(model=self.model, messages=self.question, stream=True) as stream:
            next(chunk for chunk in stream if chunk.choices[0].delta.content)
        self.left()


class Responses(Scene):
    def __init__(self, *args):
        super().__init__(*args)
        self.create = self.client.responses.create

    def plain(self):
        answer = self.create(model=self.model, input=self.prompt, instructions="Be brief")
        same((TEXT, "completed", self.model), (answer.output_text, answer.status, answer.model))
        same((20, 7, 27), (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens))
        same(5, answer.usage.input_tokens_details.cached_tokens)

    def stream(self):
        events = []
        for event in self.create(model=self.model, input=self.prompt, stream=True):
            events.append(event)
            if event.type == "response.output_text.delta":
                self.seen(event.delta)
        same(list(range(len(events))), [event.sequence_number for event in events])
        same(("response.completed", TEXT), (events[-1].type, events[-1].response.output_text))
        same(27, events[-1].response.usage.total_tokens)

    def think(self):
        answer = self._turn(self.prompt)
        same(TEXT, answer.output_text)
        if self.model != "to-chat":
            reasoning = answer.output[0]
            same("reasoning", reasoning.type)
            same("letmesee", "".join(part.text for part in reasoning.summary).replace(" ", ""))

    def image(self):
        image = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"}
        content = [{"type": "input_text", "text": self.prompt}, image]
        answer = self.create(model=self.model, input=[{"role": "user", "content": content}])
        same(f"image of {len(PNG)}", answer.output_text)

    def schema(self):
        answer = self.client.responses.parse(model=self.model, input=self.prompt, text_format=City)
        same(City(city="Bonn"), answer.output_parsed)

    def loop(self):
        history = [{"role": "user", "content": self.prompt}]
        for _ in range(2):
            answer = self._turn(history)
            calls = [item for item in answer.output if item.type == "function_call"]
            same(2, len(calls))
            history += [
                item.model_dump(exclude_none=True, exclude={"parsed_arguments", "status"}) for item in answer.output
            ]
            for call in calls:
                result = result_of(call.name, call.arguments)
                history.append({"type": "function_call_output", "call_id": call.call_id, "output": result})
        same(DONE, self._turn(history).output_text)

    def _turn(self, given):
        tools = [
            {"type": "function", "name": name, "description": text, "parameters": schema, "strict": False}
            for name, text, schema in TOOLS
        ]
        request = {
            "model": self.model,
            "input": given,
            "tools": tools,
            "reasoning": {"effort": "high", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
        }
        if not self.streams:
            return self.create(**request)
        with self.client.responses.stream(**request) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    self.seen(event.delta)
            return stream.get_final_response()

    def error(self):
        error = error_of(openai.APIStatusError, lambda: self.create(model=self.model, input=self.prompt))
        same(self.told, error.status_code)
        assert "told by" in error.message or self.told == 502, error.message
        if self.told == 429:
            same("7", error.response.headers["retry-after"])

    def cut(self):
        kinds = []

        def read():
            for event in self.create(model=self.model, input=self.prompt, stream=True):
                kinds.append(event.type)
                if event.type == "response.output_text.delta":
                    self.seen(event.delta)
                if event.type == "response.failed":
                    raise openai.OpenAIError(event.response.error.message)

        error_of(openai.OpenAIError, read)
        assert "response.completed" not in kinds and "response.incomplete" not in kinds, kinds

    def cancel(self):
        with self.create(model=self.model, input=self.prompt, stream=True) as stream:
            next(event for event in stream if event.type == "response.output_text.delta")
        self.left()


class Messages(Scene):
    def __init__(self, *args):
        super().__init__(*args)
        question = [{"role": "user", "content": self.prompt}]
        self.request = {"model": self.model, "max_tokens": 4096, "system": "Be brief", "messages": question}

    def plain(self):
        answer = self.client.messages.create(**self.request)
        same([("text", TEXT)], [(block.type, block.text) for block in answer.content])
        same(("end_turn", None, self.model), (answer.stop_reason, answer.stop_sequence, answer.model))
        same((15, 5, 7), (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens))

    def stream(self):
        kinds = []
        text = ""
        for event in self.client.messages.create(**self.request, stream=True):
            kinds.append(event.type)
            if event.type == "content_block_delta":
                text += self.seen(event.delta.text)
        same((TEXT, "message_start", "message_stop"), (text, kinds[0], kinds[-1]))

    def think(self):
        message = self._turn(self.request["messages"])
        same(TEXT, message.content[-1].text)
        if self.model != "to-chat":
            same(("thinking", "letmesee"), (message.content[0].type, message.content[0].thinking.replace(" ", "")))

    def image(self):
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
        content = [{"type": "text", "text": self.prompt}, image]
        answer = self.client.messages.create(**self.request | {"messages": [{"role": "user", "content": content}]})
        same(f"image of {len(PNG)}", answer.content[0].text)

    def schema(self):
        answer = self.client.messages.parse(**self.request, output_format=City)
        same(City(city="Bonn"), answer.parsed_output)

    def loop(self):
        history = list(self.request["messages"])
        for _ in range(2):
            message = self._turn(history)
            same("tool_use", message.stop_reason)
            calls = [block for block in message.content if block.type == "tool_use"]
            same(2, len(calls))
            content = [block.model_dump(exclude_none=True, exclude={"caller", "parsed_output"}) for block in message.content]
            history.append({"role": "assistant", "content": content})
            results = [
                {"type": "tool_result", "tool_use_id": call.id, "content": result_of(call.name, json.dumps(call.input))}
                for call in calls
            ]
            history.append({"role": "user", "content": results})
        same(DONE, self._turn(history).content[-1].text)

    def _turn(self, messages):
        tools = [{"name": name, "description": text, "input_schema": schema} for name, text, schema in TOOLS]
        thinking = {"type": "enabled", "budget_tokens": 2048}
        request = self.request | {"messages": messages, "tools": tools, "thinking": thinking}
        if not self.streams:
            return self.client.messages.create(**request)
        with self.client.messages.stream(**request) as stream:
            for event in stream:
                if event.type == "text":
                    self.seen(event.text)
            return stream.get_final_message()

    def error(self):
        error = error_of(anthropic.APIStatusError, lambda: self.client.messages.create(**self.request))
        same(self.told, error.status_code)
        assert "told by" in error.message or self.told == 502, error.message
        if self.told == 429:
            same("7", error.response.headers["retry-after"])

    def cut(self):
        kinds = []

        def read():
            for event in self.client.messages.create(**self.request, stream=True):
                kinds.append(event.type)
                if event.type == "content_block_delta":
                    self.seen(event.delta.text)

        error_of(anthropic.APIError, read)
        assert "message_stop" not in kinds and "message_delta" not in kinds, kinds

    def cancel(self):
        with self.client.messages.create(**self.request, stream=True) as stream:
            next(event for event in stream if event.type == "content_block_delta")
        self.left()


class Gemini(Scene):
    def __init__(self, *args):
        super().__init__(*args)
        self.question = [types.Content(role="user", parts=[types.Part(text=self.prompt)])]

    def _whole(self, contents, **config):
        config = types.GenerateContentConfig(system_instruction="Be brief", **config)
        return self.client.models.generate_content(model=self.model, contents=contents, config=config)

    def _pieces(self, contents, **config):
        config = types.GenerateContentConfig(system_instruction="Be brief", **config)
        return self.client.models.generate_content_stream(model=self.model, contents=contents, config=config)

    def plain(self):
        answer = self._whole(self.question)
        same((TEXT, "STOP"), (answer.text, answer.candidates[0].finish_reason.value))
        usage = answer.usage_metadata
        same((20, 5, 27), (usage.prompt_token_count, usage.cached_content_token_count, usage.total_token_count))
        same(7, usage.candidates_token_count + (usage.thoughts_token_count or 0))

    def stream(self):
        pieces = []
        for piece in self._pieces(self.question):
            pieces.append(piece)
            self.seen(piece.text)
        same(TEXT, "".join(piece.text or "" for piece in pieces))
        same(("STOP", 27), (pieces[-1].candidates[0].finish_reason.value, pieces[-1].usage_metadata.total_token_count))

    def think(self):
        parts = self._turn(self.question)
        same(TEXT, "".join(part.text or "" for part in parts if not part.thought))
        if self.model != "to-chat":
            same("letmesee", "".join(part.text for part in parts if part.thought).replace(" ", ""))

    def image(self):
        parts = [types.Part(text=self.prompt), types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")]
        same(f"image of {len(PNG)}", self._whole([types.Content(role="user", parts=parts)]).text)

    def schema(self):
        answer = self._whole(self.question, response_mime_type="application/json", response_schema=City)
        same(City(city="Bonn"), answer.parsed)

    def loop(self):
        history = list(self.question)
        for _ in range(2):
            parts = self._turn(history)
            calls = [part.function_call for part in parts if part.function_call]
            same(2, len(calls))
            history.append(types.Content(role="model", parts=[part for part in parts if part.text != ""]))
            responses = [
                types.FunctionResponse(
                    id=call.id, name=call.name, response={"output": result_of(call.name, json.dumps(call.args))}
                )
                for call in calls
            ]
            history.append(types.Content(role="user", parts=[types.Part(function_response=each) for each in responses]))
        same(DONE, "".join(part.text or "" for part in self._turn(history) if not part.thought))

    def _turn(self, contents):
        declarations = [
            types.FunctionDeclaration(name=name, description=text, parameters_json_schema=schema)
            for name, text, schema in TOOLS
        ]
        config = {
            "tools": [types.Tool(function_declarations=declarations)],
            "thinking_config": types.ThinkingConfig(include_thoughts=True, thinking_level="HIGH"),
            "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True),
        }
        if not self.streams:
            return self._whole(contents, **config).candidates[0].content.parts
        parts = []
        for piece in self._pieces(contents, **config):
            for part in piece.candidates[0].content.parts or []:
                parts.append(part)
                self.seen(part.text if not part.thought else None)
        return parts

    def error(self):
        error = error_of(errors.APIError, lambda: self._whole(self.question))
        same(self.told, error.code)
        assert "told by" in error.message or self.told == 502, error.message
        if self.told == 429:
            assert "7s" in json.dumps(error.details), error.details

    def cut(self):
        def read():
            for piece in self._pieces(self.question):
                assert not piece.candidates[0].finish_reason, piece
                self.seen(piece.text)

        error_of(errors.APIError, read)

    def cancel(self):
        stream = self._pieces(self.question)
        next(piece for piece in stream if piece.text)
        stream.close()
        self.left()


CLIENTS = {"chat": Chat, "responses": Responses, "messages": Messages, "gemini": Gemini}


def act(gateway, vendors):
    """Returns what plays a scene. One client of each library serves all of them."""
    settings = {"api_key": "client-key", "max_retries": 0, "_strict_response_validation": True}
    of_openai = openai.OpenAI(base_url=f"{gateway}/v1", **settings)
    of_anthropic = anthropic.Anthropic(base_url=gateway, **settings)
    of_google = genai.Client(api_key="client-key", vertexai=False, http_options=types.HttpOptions(base_url=gateway))
    clients = {"chat": of_openai, "responses": of_openai, "messages": of_anthropic, "gemini": of_google}

    def play(client, scene, model, run, upstream, told):
        actor = CLIENTS[client](clients[client], vendors.fakes[upstream], scene, model, run, told)
        getattr(actor, scene.split("-")[0])()

    return play
