"""Prints each text of a stream that a vendor's client reads: DIALECT URL."""

import sys

dialect, url = sys.argv[1:]
question = [{"role": "user", "content": "Count"}]

if dialect in ("chat", "responses"):
    import openai

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="key", max_retries=0)
    if dialect == "chat":
        for chunk in client.chat.completions.create(model="m", messages=question, stream=True):
            print(chunk.choices[0].delta.content, flush=True)
    else:
        for event in client.responses.create(model="m", input="Count", stream=True):
            if event.type == "response.output_text.delta":
                print(event.delta, flush=True)
elif dialect == "messages":
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="key", max_retries=0)
    for event in client.messages.create(model="m", messages=question, max_tokens=100, stream=True):
        if event.type == "content_block_delta":
            print(event.delta.text, flush=True)
else:
    from google import genai
    from google.genai import types

    client = genai.Client(api_key="key", http_options=types.HttpOptions(base_url=url))
    for piece in client.models.generate_content_stream(model="gemini-2.5-flash", contents="Count"):
        print(piece.text, flush=True)
