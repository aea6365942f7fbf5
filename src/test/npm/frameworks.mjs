// Vercel's `ai` and LangChain's client for Node.js in a loop of tool calls, against upstreams of other APIs. Argument: the gateway.
import assert from 'node:assert/strict';

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, jsonSchema, stepCountIs, tool } from 'ai';

const gateway = process.argv[2];
const DONE = 'done: weather of Bonn, weather of Köln "am Rhein", weather of Ulm, time of now';
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const NOTHING = { type: 'object', properties: {} };
const TOOLS = { weather: CITY, time: NOTHING };

const openai = createOpenAI({ baseURL: `${gateway}/v1`, apiKey: 'client-key' });
const anthropic = createAnthropic({ baseURL: `${gateway}/v1`, apiKey: 'client-key' });

const resultOf = (name, input) => `${name} of ${input.city ?? 'now'}`;
const prompt = (client, upstream) => `scene=loop run=${client}-${upstream}-unsigned.`;

async function vercel(name, model, upstream, providerOptions) {
  const tools = Object.fromEntries(Object.entries(TOOLS).map(([each, schema]) =>
    [each, tool({ description: each, inputSchema: jsonSchema(schema), execute: (input) => resultOf(each, input) })]));
  const answer = await generateText({
    model, tools, providerOptions, prompt: prompt(name, upstream), stopWhen: stepCountIs(4), maxRetries: 0, maxOutputTokens: 9000,
  });
  assert.equal(answer.text, DONE);
}

async function langchain(upstream) {
  const tools = Object.entries(TOOLS).map(([name, schema]) =>
    langchainTool((input) => resultOf(name, input), { name, description: name, schema }));
  const configuration = { baseURL: `${gateway}/v1` };
  const chat = new ChatOpenAI({
    model: `to-${upstream}`, apiKey: 'client-key', configuration, maxRetries: 0, modelKwargs: { reasoning_effort: 'high' },
  }).bindTools(tools);
  const history = [new HumanMessage(prompt('langchain', upstream))];
  for (let n = 0; n < 2; n++) {
    const answer = await chat.invoke(history);
    history.push(answer);
    for (const { id, name, args } of answer.tool_calls) {
      history.push(new ToolMessage({ tool_call_id: id, content: resultOf(name, args) }));
    }
  }
  assert.equal((await chat.invoke(history)).content, DONE);
}

globalThis.AI_SDK_LOG_WARNINGS = false;

let loops = 0;
async function play(loop) {
  await loop;
  loops++;
}

const reasoning = { openai: { reasoningEffort: 'high', forceReasoning: true, store: false } };
const thinking = { anthropic: { thinking: { type: 'enabled', budgetTokens: 2048 } } };
for (const upstream of ['messages', 'gemini', 'responses']) await play(vercel('ai-chat', openai.chat(`to-${upstream}`), upstream, reasoning));
for (const upstream of ['messages', 'gemini']) await play(vercel('ai-responses', openai.responses(`to-${upstream}`), upstream, reasoning));
for (const upstream of ['chat', 'gemini']) await play(vercel('ai-messages', anthropic(`to-${upstream}`), upstream, thinking));
for (const upstream of ['messages', 'gemini']) await play(langchain(upstream));
console.log(`${loops} loops`);
