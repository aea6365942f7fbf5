// The vendors' clients against the built launcher: one address, the gateway's own keys, and each provider behind it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { embedMany, generateText, jsonSchema, streamText, tool } from 'ai';
import OpenAI, { toFile } from 'openai';

import { PNG, startAll } from './upstreams.js';

const KEY = 'sk-gateway-key-of-a-client';
const CONFINED = 'sk-gateway-key-that-is-confined';
const JAR = process.env.JAR ?? new URL('../../../target/llmproxy.jar', import.meta.url).pathname;
const JAVA = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const HELLO = [{ role: 'user', content: 'Say hello' }];

let upstreams;
let gateway;
let address;
let work;

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function config(port, admin) {
  return JSON.stringify({
    http_server: {
      forwards: [{ name: 'all', address: '127.0.0.1', port, upstream_group: 'all' }],
      admin: { address: '127.0.0.1', port: admin },
    },
    keys: [{ name: 'client', key: KEY }, { name: 'confined', key: CONFINED, allowed_models: ['embedder'] }],
    upstreams: [
      {
        name: 'openai', url: `${upstreams.openai.url}/v1`, provider: 'openai',
        auth: { type: 'bearer', token: 'sk-upstream-openai' },
        models: { chat: 'gpt-large', embedder: 'text-embedding', painter: 'gpt-image', limited: 'limited', cut: 'cut' },
      },
      {
        name: 'anthropic', url: upstreams.anthropic.url, provider: 'anthropic',
        auth: { type: 'api_key', header: 'x-api-key', token: 'sk-upstream-anthropic' },
        models: { opus: 'claude-opus' },
      },
      {
        name: 'gemini', url: upstreams.gemini.url, provider: 'gemini',
        auth: { type: 'api_key', header: 'x-goog-api-key', token: 'upstream-gemini' },
        models: { flash: 'gemini-flash', 'flash-embedder': 'gemini-embedding' },
      },
    ],
    upstream_groups: [
      { name: 'all', upstreams: [{ name: 'openai' }, { name: 'anthropic' }, { name: 'gemini' }], convert: 'never' },
    ],
  });
}

async function answers(url) {
  try {
    return (await fetch(url)).status === 200;
  } catch {
    return false;
  }
}

before(async () => {
  upstreams = await startAll([KEY, CONFINED]);
  const [port, admin] = [await freePort(), await freePort()];
  work = mkdtempSync(join(tmpdir(), 'llmproxy-npm-'));
  const file = join(work, 'config.yaml');
  writeFileSync(file, config(port, admin));
  gateway = spawn(JAVA, ['-Xmx128m', '-jar', JAR, '--config', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  address = `http://127.0.0.1:${port}`;
  for (let n = 0; n < 300 && !(await answers(`http://127.0.0.1:${admin}/health/ready`)); n++) {
    assert.equal(gateway.exitCode, null, 'the gateway has ended');
    await sleep(100);
  }
});

after(async () => {
  Object.values(upstreams).forEach((upstream) => upstream.close());
  const ended = new Promise((resolve) => gateway.once('exit', resolve));
  gateway.kill('SIGTERM');
  assert.equal(await ended, 0);
  rmSync(work, { recursive: true });
});

afterEach(() => {
  for (const upstream of Object.values(upstreams)) {
    assert.deepEqual(upstream.complaints.splice(0), []);
    upstream.requests.length = 0;
  }
});

/** The one request that went out, which must have gone to this provider. */
function asked(provider) {
  for (const [name, { requests }] of Object.entries(upstreams)) assert.equal(requests.length, name === provider ? 1 : 0, name);
  return upstreams[provider].requests[0];
}

function askedNobody() {
  for (const [name, { requests }] of Object.entries(upstreams)) assert.equal(requests.length, 0, name);
}

async function collect(parts) {
  const all = [];
  for await (const part of parts) all.push(part);
  return all;
}

describe('openai', () => {
  const client = (apiKey = KEY) => new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });

  test('lists the models that it can use', async () => {
    const models = await collect(client().models.list());
    assert.deepEqual(models.map((model) => model.id), ['chat', 'cut', 'embedder', 'limited', 'painter']);
    assert.equal((await client().models.retrieve('chat')).id, 'chat');
    assert.deepEqual((await collect(client(CONFINED).models.list())).map((model) => model.id), ['embedder']);
    askedNobody();
  });

  test('asks for a completion', async () => {
    const answer = await client().chat.completions.create({ model: 'chat', messages: HELLO });
    assert.equal(answer.choices[0].message.content, 'Hello there');
    assert.equal(answer.model, 'chat');
    assert.equal(asked('openai').json.model, 'gpt-large');
  });

  test('streams', async () => {
    const chunks = await collect(await client().chat.completions.create({ model: 'chat', messages: HELLO, stream: true }));
    assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join(''), 'Hello there');
    assert.deepEqual([...new Set(chunks.map((chunk) => chunk.model))], ['chat']);
    asked('openai');
  });

  test('calls a tool, streamed and at once', async () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: CITY } }];
    const whole = await client().chat.completions.create({ model: 'chat', messages: HELLO, tools });
    assert.equal(whole.choices[0].message.tool_calls[0].function.arguments, '{"city":"Bonn"}');
    const streamed = await client().chat.completions.stream({ model: 'chat', messages: HELLO, tools }).finalMessage();
    assert.equal(streamed.tool_calls[0].function.name, 'weather');
  });

  test('sends an image in a message and as a file', async () => {
    const url = `data:image/png;base64,${PNG.toString('base64')}`;
    const content = [{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url } }];
    const seen = await client().chat.completions.create({ model: 'chat', messages: [{ role: 'user', content }] });
    assert.equal(seen.choices[0].message.content, `image of ${url.length}`);
    const image = await toFile(PNG, 'dot.png', { type: 'image/png' });
    const edited = await client().images.edit({ model: 'painter', image, prompt: 'bigger' });
    assert.equal(edited.data[0].b64_json, 'whole, for gpt-image');
  });

  test('asks for embeddings', async () => {
    const answer = await client().embeddings.create({ model: 'embedder', input: ['a', 'b'] });
    assert.deepEqual(answer.data.map((each) => each.embedding), [[0.5, -0.25], [0.5, -0.25]]);
    assert.equal(answer.model, 'embedder');
    assert.equal(asked('openai').json.model, 'text-embedding');
  });

  test('asks for a response', async () => {
    const answer = await client().responses.create({ model: 'chat', input: 'Say hello' });
    assert.equal(answer.output_text, 'Hello there');
    assert.equal(answer.model, 'chat');
  });

  test('raises what the gateway refuses, before any upstream is asked', async () => {
    const create = (key, model) => client(key).chat.completions.create({ model, messages: HELLO });
    await assert.rejects(create('sk-unknown', 'chat'), OpenAI.AuthenticationError);
    await assert.rejects(create(CONFINED, 'chat'), OpenAI.PermissionDeniedError);
    await assert.rejects(create(KEY, 'missing'), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      return true;
    });
    await assert.rejects(create(KEY, 'opus'), OpenAI.NotFoundError);
    askedNobody();
  });

  test('raises what the upstream says', async () => {
    await assert.rejects(client().chat.completions.create({ model: 'limited', messages: HELLO }), OpenAI.RateLimitError);
  });

  test('raises when a stream is cut', async () => {
    // The upstream that has just said 429 is left alone for a moment.
    const begun = await eventually(() => client().chat.completions.create({ model: 'cut', messages: HELLO, stream: true }));
    await assert.rejects(collect(begun), OpenAI.APIError);
  });
});

async function eventually(attempt) {
  for (let n = 0; n < 100; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (error.status !== 429) throw error;
      await sleep(100);
    }
  }
  return attempt();
}

describe('@anthropic-ai/sdk', () => {
  const client = (apiKey = KEY) => new Anthropic({ baseURL: address, apiKey, maxRetries: 0 });
  const question = { model: 'opus', max_tokens: 100, messages: HELLO };

  test('lists the models that it can use', async () => {
    assert.deepEqual((await collect(client().models.list())).map((model) => model.id), ['opus']);
    assert.equal((await client().models.retrieve('opus')).display_name, 'opus');
    askedNobody();
  });

  test('asks for a message', async () => {
    const answer = await client().messages.create(question);
    assert.equal(answer.content[0].text, 'Hello there');
    assert.equal(answer.model, 'opus');
    assert.equal(asked('anthropic').json.model, 'claude-opus');
  });

  test('streams', async () => {
    const message = await client().messages.stream(question).finalMessage();
    assert.equal(message.content[0].text, 'Hello there');
    assert.equal(message.model, 'opus');
    asked('anthropic');
  });

  test('calls a tool', async () => {
    const tools = [{ name: 'weather', input_schema: CITY }];
    const answer = await client().messages.create({ ...question, tools });
    assert.deepEqual(answer.content[0].input, { city: 'Bonn' });
  });

  test('counts tokens', async () => {
    assert.equal((await client().messages.countTokens({ model: 'opus', messages: HELLO })).input_tokens, 11);
  });

  test('raises what the gateway refuses', async () => {
    await assert.rejects(client('sk-unknown').messages.create(question), Anthropic.AuthenticationError);
    await assert.rejects(client(CONFINED).messages.create(question), Anthropic.PermissionDeniedError);
    await assert.rejects(client().messages.create({ ...question, model: 'missing' }), Anthropic.NotFoundError);
    askedNobody();
  });
});

describe('@google/genai', () => {
  const client = (apiKey = KEY) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: address } });
  const question = { model: 'flash', contents: 'Say hello' };

  test('lists the models that it can use', async () => {
    const models = await collect(await client().models.list());
    assert.deepEqual(models.map((model) => model.name), ['models/flash', 'models/flash-embedder']);
    assert.equal((await client().models.get({ model: 'flash' })).name, 'models/flash');
    askedNobody();
  });

  test('generates content', async () => {
    const answer = await client().models.generateContent(question);
    assert.equal(answer.text, 'Hello there');
    assert.equal(answer.modelVersion, 'flash');
    assert.equal(asked('gemini').path, '/v1beta/models/gemini-flash:generateContent');
  });

  test('streams', async () => {
    const chunks = await collect(await client().models.generateContentStream(question));
    assert.equal(chunks.map((chunk) => chunk.text).join(''), 'Hello there');
    asked('gemini');
  });

  test('calls a tool', async () => {
    const tools = [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: CITY }] }];
    const answer = await client().models.generateContent({ ...question, config: { tools } });
    assert.deepEqual(answer.functionCalls[0].args, { city: 'Bonn' });
  });

  test('asks for embeddings', async () => {
    const answer = await client().models.embedContent({ model: 'flash-embedder', contents: ['a', 'b'] });
    assert.deepEqual(answer.embeddings.map((each) => each.values), [[0.5, -0.25], [0.5, -0.25]]);
  });

  test('raises what the gateway refuses', async () => {
    const status = (expected) => (error) => error.status === expected;
    await assert.rejects(client('unknown').models.generateContent(question), status(401));
    await assert.rejects(client(CONFINED).models.generateContent(question), status(403));
    await assert.rejects(client().models.generateContent({ ...question, model: 'missing' }), status(404));
    askedNobody();
  });
});

describe('ai', () => {
  const openai = (apiKey = KEY) => createOpenAI({ baseURL: `${address}/v1`, apiKey });
  const anthropic = () => createAnthropic({ baseURL: `${address}/v1`, apiKey: KEY });
  const maxRetries = 0;

  test('streams a text', async () => {
    const { textStream } = streamText({ model: openai().chat('chat'), prompt: 'Say hello', maxRetries });
    assert.equal((await collect(textStream)).join(''), 'Hello there');
    asked('openai');
  });

  test('generates a text by responses and by messages', async () => {
    assert.equal((await generateText({ model: openai()('chat'), prompt: 'Say hello', maxRetries })).text, 'Hello there');
    assert.equal((await generateText({ model: anthropic()('opus'), prompt: 'Say hello', maxRetries })).text, 'Hello there');
  });

  test('calls a tool', async () => {
    const tools = { weather: tool({ inputSchema: jsonSchema(CITY) }) };
    const { toolCalls } = await generateText({ model: openai().chat('chat'), prompt: 'Weather?', tools, maxRetries });
    assert.deepEqual(toolCalls[0].input, { city: 'Bonn' });
  });

  test('asks for embeddings', async () => {
    const { embeddings } = await embedMany({ model: openai().embedding('embedder'), values: ['a', 'b'], maxRetries });
    assert.deepEqual(embeddings, [[0.5, -0.25], [0.5, -0.25]]);
  });

  test('raises what the gateway refuses', async () => {
    const ask = generateText({ model: openai('sk-unknown').chat('chat'), prompt: 'Say hello', maxRetries });
    await assert.rejects(ask, (error) => error.statusCode === 401);
    askedNobody();
  });
});

describe('@langchain/openai', () => {
  const settings = () => ({ apiKey: KEY, maxRetries: 0, configuration: { baseURL: `${address}/v1` } });

  test('asks for a completion', async () => {
    const answer = await new ChatOpenAI({ ...settings(), model: 'chat' }).invoke('Say hello');
    assert.equal(answer.content, 'Hello there');
    asked('openai');
  });

  test('streams', async () => {
    const chunks = await collect(await new ChatOpenAI({ ...settings(), model: 'chat' }).stream('Say hello'));
    assert.equal(chunks.map((chunk) => chunk.content).join(''), 'Hello there');
  });

  test('calls a tool', async () => {
    const weather = { type: 'function', function: { name: 'weather', parameters: CITY } };
    const answer = await new ChatOpenAI({ ...settings(), model: 'chat' }).bindTools([weather]).invoke('Weather?');
    assert.deepEqual(answer.tool_calls[0].args, { city: 'Bonn' });
  });

  test('asks for embeddings', async () => {
    const vectors = await new OpenAIEmbeddings({ ...settings(), model: 'embedder' }).embedDocuments(['a', 'b']);
    assert.deepEqual(vectors, [[0.5, -0.25], [0.5, -0.25]]);
  });

  test('raises what the gateway refuses', async () => {
    const stranger = new ChatOpenAI({ ...settings(), apiKey: 'sk-unknown', model: 'chat' });
    await assert.rejects(stranger.invoke('Say hello'), (error) => error.status === 401);
    askedNobody();
  });
});
