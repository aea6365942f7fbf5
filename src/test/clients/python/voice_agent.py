"""Prints what a voice agent of OpenAI's Agents SDK hears in answer to a message: the text, and the bytes of sound. Arguments: URL KEY."""

import asyncio
import sys

from agents.realtime import RealtimeAgent, RealtimeRunner

url, key = sys.argv[1:]


async def talk():
    agent = RealtimeAgent(name="greeter", instructions="Be brief")
    text, sound = "", b""
    async with await RealtimeRunner(agent).run(model_config={"api_key": key, "url": url}) as session:
        await session.send_message("Say hello")
        async for event in session:
            if event.type == "audio":
                sound += event.audio.data
            elif event.type == "raw_model_event" and event.data.type == "transcript_delta":
                text += event.data.delta
            elif event.type == "error":
                raise RuntimeError(event.error)
            elif event.type == "agent_end":
                return f"{text} {len(sound)}"


print(asyncio.run(talk()))
