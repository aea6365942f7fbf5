// The APIs that the playground speaks: how a request looks in each, and where the text stands in its answers.
const parts = (turns, role, text) => turns.map((turn) => ({ role: turn.role === "me" ? "user" : role, ...text(turn.text) }));

export const DIALECTS = {
  chat: {
    name: "OpenAI Chat",
    path: () => "/v1/chat/completions",
    body: ({ model, turns, stream, system, limit }) => ({
      model, stream, ...(limit && { max_tokens: limit }), ...(stream && { stream_options: { include_usage: true } }),
      messages: [...(system ? [{ role: "system", content: system }] : []), ...parts(turns, "assistant", (text) => ({ content: text }))],
    }),
    text: (event) => event.choices?.[0]?.delta?.content ?? event.choices?.[0]?.message?.content,
    tokens: (event) => event.usage?.completion_tokens,
  },
  responses: {
    name: "OpenAI Responses",
    path: () => "/v1/responses",
    body: ({ model, turns, stream, system, limit }) => ({
      model, stream, ...(limit && { max_output_tokens: limit }), ...(system && { instructions: system }),
      input: parts(turns, "assistant", (text) => ({ content: text })),
    }),
    text: (event) => (event.type === "response.output_text.delta" ? event.delta
      : event.output?.flatMap((item) => item.content ?? []).map((one) => one.text ?? "").join("")),
    tokens: (event) => (event.response ?? event).usage?.output_tokens,
  },
  messages: {
    name: "Anthropic Messages",
    path: () => "/v1/messages",
    headers: { "anthropic-version": "2023-06-01" },
    body: ({ model, turns, stream, system, limit }) => ({
      model, stream, max_tokens: limit || 1024, ...(system && { system }), messages: parts(turns, "assistant", (text) => ({ content: text })),
    }),
    text: (event) => (event.type === "content_block_delta" ? event.delta?.text : event.type === "message" ? event.content?.map((one) => one.text ?? "").join("") : undefined),
    tokens: (event) => event.usage?.output_tokens,
  },
  gemini: {
    name: "Gemini",
    path: ({ model, stream }) => `/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: ({ turns, system, limit }) => ({
      ...(system && { systemInstruction: { parts: [{ text: system }] } }), ...(limit && { generationConfig: { maxOutputTokens: limit } }),
      contents: parts(turns, "model", (text) => ({ parts: [{ text }] })),
    }),
    text: (event) => event.candidates?.[0]?.content?.parts?.map((one) => one.text ?? "").join(""),
    tokens: (event) => event.usageMetadata?.candidatesTokenCount,
  },
};

/** The data of each server-sent event, or the whole of an answer that is none of these. */
export async function* events(response) {
  if (!(response.headers.get("Content-Type") ?? "").includes("text/event-stream")) {
    yield await response.text();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const found = (rest + value).split(/\r?\n\r?\n/);
    rest = found.pop();
    for (const event of found) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
      if (data) yield data;
    }
  }
}
