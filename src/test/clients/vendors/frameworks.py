"""LangChain's and LiteLLM's clients for Python, in a loop of tool calls."""

import itertools
import json
import os

# Its table of prices is beside it; no other is to be fetched.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI

from .fake import result_of
from .matrix import MODELS
from .with_python import DONE, TOOLS, same

litellm.suppress_debug_info = True


def langchain(url, dialect, upstream):
    key = {"api_key": "client-key"}
    once = {"model": f"to-{upstream}", "max_retries": 0}
    if dialect == "chat":
        return ChatOpenAI(base_url=f"{url}/v1", reasoning_effort="high", use_responses_api=False, **key, **once)
    if dialect == "responses":
        reasoning = {"effort": "high", "summary": "auto"}
        include = ["reasoning.encrypted_content"]
        settings = {"reasoning": reasoning, "include": include, "store": False, "use_responses_api": True}
        return ChatOpenAI(base_url=f"{url}/v1", **settings, **key, **once)
    if dialect == "messages":
        thinking = {"type": "enabled", "budget_tokens": 2048}
        return ChatAnthropic(base_url=url, max_tokens=4096, thinking=thinking, **key, **once)
    thinks = {"include_thoughts": True, "thinking_level": "high"}
    return ChatGoogleGenerativeAI(base_url=url, google_api_key="client-key", **thinks, **once | {"max_retries": 1})


def loop_of_langchain(url, dialect, upstream):
    def tell(name):
        return lambda city=None: result_of(name, json.dumps({"city": city} if city else {}))

    tools = [
        StructuredTool.from_function(tell(name), name=name, description=text, args_schema=schema)
        for name, text, schema in TOOLS
    ]
    model = langchain(url, dialect, upstream).bind_tools(tools)
    history = [HumanMessage(f"scene=loop run=langchain-{dialect}-{upstream}-unsigned.")]
    for _ in range(2):
        answer = model.invoke(history)
        history.append(answer)
        for call in answer.tool_calls:
            result = result_of(call["name"], json.dumps(call["args"]))
            history.append(ToolMessage(result, tool_call_id=call["id"], name=call["name"]))
    same(DONE, str(model.invoke(history).text))


def loop_of_litellm(url, dialect, upstream):
    vendor, base = {
        "chat": ("openai", f"{url}/v1"),
        "messages": ("anthropic", url),
        "gemini": ("gemini", f"{url}/v1beta"),
    }[dialect]
    tools = [
        {"type": "function", "function": {"name": name, "description": text, "parameters": schema}}
        for name, text, schema in TOOLS
    ]
    history = [{"role": "user", "content": f"scene=loop run=litellm-{dialect}-{upstream}-unsigned."}]
    for turn in range(3):
        message = (
            litellm.completion(
                model=f"{vendor}/to-{upstream}",
                api_base=base,
                api_key="client-key",
                messages=history,
                tools=tools,
                reasoning_effort="high",
                allowed_openai_params=["reasoning_effort"],
                max_tokens=20_000,
                num_retries=0,
            )
            .choices[0]
            .message
        )
        if turn == 2:
            break
        history.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            result = result_of(call.function.name, call.function.arguments)
            history.append({"role": "tool", "tool_call_id": call.id, "name": call.function.name, "content": result})
    same(DONE, message.content)


def loops():
    """Yields (what plays a loop, client's API, upstream's API). What speaks alike passes as it is, so it is not held to types here."""
    pairs = [pair for pair in itertools.product(MODELS, MODELS) if pair[0] != pair[1]]
    yield from ((loop_of_langchain, *pair) for pair in pairs)
    yield from ((loop_of_litellm, *pair) for pair in pairs if pair[0] != "responses")
