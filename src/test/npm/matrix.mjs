// The vendors' libraries for Node.js, in the scenes of the matrix (src/test/clients/vendors/matrix.py): reads the cases from
// its input, plays them side by side, and prints how many there were and what went wrong.
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';

const TEXT = 'Hello there';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const DONE = 'done: weather of Bonn, weather of Köln "am Rhein", weather of Ulm, time of now';
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const TOOLS = [['weather', 'Tells the weather', CITY], ['time', 'Tells the time', { type: 'object', properties: {} }]];

const { gateway, cases } = JSON.parse(await text(process.stdin));
const openai = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: 'client-key', maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: gateway, apiKey: 'client-key', maxRetries: 0 });
const google = new GoogleGenAI({ apiKey: 'client-key', httpOptions: { baseUrl: gateway } });

const resultOf = (name, input) => `${name} of ${input.city ?? 'now'}`;
const squeezed = (value) => value.replaceAll(' ', '');

/** What the scenes of every API share. */
class Scene {
  constructor({ fake, scene, model, run, told, upstream }) {
    Object.assign(this, { fake, model, run, told, upstream });
    this.streams = scene.endsWith('-stream');
    this.prompt = `scene=${scene.replace(/-stream$/, '')} run=${run}`;
  }

  async seen(piece) {
    if (piece) await fetch(`${this.fake}/seen/${this.run}`, { method: 'POST' });
    return piece ?? '';
  }

  async left() {
    assert.equal((await fetch(`${this.fake}/gone/${this.run}`)).status, 200, 'the upstream is still read');
  }

  async fails(kind, action) {
    try {
      await action();
    } catch (error) {
      assert.ok(error instanceof kind, `${error?.stack}`);
      return error;
    }
    throw new assert.AssertionError({ message: 'no error' });
  }

  isTold(error) {
    assert.equal(error.status, this.told);
    if (this.told !== 502) assert.match(error.message, /told by/);
  }
}

class Chat extends Scene {
  question = [{ role: 'system', content: 'Be brief' }, { role: 'user', content: this.prompt }];

  create(more = {}) {
    return openai.chat.completions.create({ model: this.model, messages: this.question, ...more });
  }

  async plain() {
    const answer = await this.create();
    assert.deepEqual([answer.choices[0].message.content, answer.choices[0].finish_reason], [TEXT, 'stop']);
    const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details } = answer.usage;
    assert.deepEqual([prompt_tokens, prompt_tokens_details.cached_tokens, completion_tokens, total_tokens], [20, 5, 7, 27]);
  }

  async stream() {
    let all = '';
    let last;
    for await (const chunk of await this.create({ stream: true, stream_options: { include_usage: true } })) {
      all += await this.seen(chunk.choices[0]?.delta.content);
      last = chunk;
    }
    assert.deepEqual([all, last.usage.total_tokens, last.model], [TEXT, 27, this.model]);
  }

  async think() {
    const message = await this.turn(this.question);
    assert.equal(message.content, TEXT);
    // The library's helper for streams keeps the members that it knows.
    if (!this.streams && ['messages', 'gemini'].includes(this.upstream)) {
      assert.equal(squeezed(message.reasoning_content), 'letmesee');
    }
  }

  async image() {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
    const answer = await this.create({ messages: [{ role: 'user', content: [{ type: 'text', text: this.prompt }, image] }] });
    assert.equal(answer.choices[0].message.content, `image of ${PNG.length}`);
  }

  async schema() {
    const format = { type: 'json_schema', json_schema: { name: 'city', strict: true, schema: CITY } };
    const answer = await this.create({ response_format: format });
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), { city: 'Bonn' });
  }

  async loop() {
    const history = [...this.question];
    for (let n = 0; n < 2; n++) {
      const { content, tool_calls: calls } = await this.turn(history);
      assert.equal(calls.length, 2);
      const called = calls.map(({ id, type, function: { name, arguments: json }, extra_content }) =>
        ({ id, type, function: { name, arguments: json }, ...(extra_content && { extra_content }) }));
      history.push({ role: 'assistant', content, tool_calls: called });
      for (const { id, function: { name, arguments: json } } of calls) {
        history.push({ role: 'tool', tool_call_id: id, content: resultOf(name, JSON.parse(json)) });
      }
    }
    assert.equal((await this.turn(history)).content, DONE);
  }

  async turn(messages) {
    const tools = TOOLS.map(([name, description, parameters]) => ({ type: 'function', function: { name, description, parameters } }));
    const request = { messages, tools, reasoning_effort: 'high' };
    if (!this.streams) return (await this.create(request)).choices[0].message;
    const stream = openai.chat.completions.stream({ model: this.model, ...request });
    stream.on('content', (delta) => this.seen(delta));
    return (await stream.finalChatCompletion()).choices[0].message;
  }

  async error() {
    const error = await this.fails(OpenAI.APIError, () => this.create());
    this.isTold(error);
    if (this.told === 429) assert.equal(error.headers.get('retry-after'), '7');
  }

  async cut() {
    await this.fails(OpenAI.APIError, async () => {
      for await (const chunk of await this.create({ stream: true })) {
        assert.equal(chunk.choices[0].finish_reason ?? null, null);
        await this.seen(chunk.choices[0].delta.content);
      }
    });
  }

  async cancel() {
    for await (const chunk of await this.create({ stream: true })) {
      if (chunk.choices[0].delta.content) break;
    }
    await this.left();
  }
}

class Responses extends Scene {
  create(more = {}) {
    return openai.responses.create({ model: this.model, input: this.prompt, ...more });
  }

  async plain() {
    const answer = await this.create({ instructions: 'Be brief' });
    assert.deepEqual([answer.output_text, answer.status, answer.model], [TEXT, 'completed', this.model]);
    const { input_tokens, output_tokens, total_tokens, input_tokens_details } = answer.usage;
    assert.deepEqual([input_tokens, input_tokens_details.cached_tokens, output_tokens, total_tokens], [20, 5, 7, 27]);
  }

  async stream() {
    const numbers = [];
    let last;
    for await (const event of await this.create({ stream: true })) {
      numbers.push(event.sequence_number);
      if (event.type === 'response.output_text.delta') await this.seen(event.delta);
      last = event;
    }
    assert.deepEqual(numbers, [...numbers.keys()]);
    assert.equal(last.type, 'response.completed');
    assert.equal(last.response.output.at(-1).content[0].text, TEXT);
  }

  async think() {
    const answer = await this.turn(this.prompt);
    assert.equal(answer.output_text, TEXT);
    if (this.upstream !== 'chat') {
      assert.equal(squeezed(answer.output[0].summary.map((part) => part.text).join('')), 'letmesee');
    }
  }

  async image() {
    const image = { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${PNG}` };
    const answer = await this.create({ input: [{ role: 'user', content: [{ type: 'input_text', text: this.prompt }, image] }] });
    assert.equal(answer.output_text, `image of ${PNG.length}`);
  }

  async schema() {
    const answer = await this.create({ text: { format: { type: 'json_schema', name: 'city', strict: true, schema: CITY } } });
    assert.deepEqual(JSON.parse(answer.output_text), { city: 'Bonn' });
  }

  async loop() {
    const history = [{ role: 'user', content: this.prompt }];
    for (let n = 0; n < 2; n++) {
      const { output } = await this.turn(history);
      const calls = output.filter((item) => item.type === 'function_call');
      assert.equal(calls.length, 2);
      history.push(...output.map(({ parsed_arguments, status, ...item }) => item));
      for (const { call_id, name, arguments: json } of calls) {
        history.push({ type: 'function_call_output', call_id, output: resultOf(name, JSON.parse(json)) });
      }
    }
    assert.equal((await this.turn(history)).output_text, DONE);
  }

  async turn(input) {
    const request = {
      model: this.model,
      input,
      tools: TOOLS.map(([name, description, parameters]) => ({ type: 'function', name, description, parameters, strict: false })),
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
    };
    if (!this.streams) return openai.responses.create(request);
    const stream = openai.responses.stream(request);
    stream.on('response.output_text.delta', ({ delta }) => this.seen(delta));
    return stream.finalResponse();
  }

  async error() {
    const error = await this.fails(OpenAI.APIError, () => this.create());
    this.isTold(error);
    if (this.told === 429) assert.equal(error.headers.get('retry-after'), '7');
  }

  async cut() {
    const kinds = [];
    await this.fails(OpenAI.OpenAIError, async () => {
      for await (const event of await this.create({ stream: true })) {
        kinds.push(event.type);
        if (event.type === 'response.output_text.delta') await this.seen(event.delta);
        if (event.type === 'response.failed') throw new OpenAI.OpenAIError(event.response.error.message);
      }
    });
    assert.ok(!kinds.includes('response.completed') && !kinds.includes('response.incomplete'), `${kinds}`);
  }

  async cancel() {
    for await (const event of await this.create({ stream: true })) {
      if (event.type === 'response.output_text.delta') break;
    }
    await this.left();
  }
}

class Messages extends Scene {
  request = {
    model: this.model, max_tokens: 4096, system: 'Be brief', messages: [{ role: 'user', content: this.prompt }],
  };

  create(more = {}) {
    return anthropic.messages.create({ ...this.request, ...more });
  }

  async plain() {
    const answer = await this.create();
    assert.deepEqual(answer.content.map(({ type, text: words }) => [type, words]), [['text', TEXT]]);
    assert.deepEqual([answer.stop_reason, answer.stop_sequence, answer.model], ['end_turn', null, this.model]);
    const { input_tokens, cache_read_input_tokens, output_tokens } = answer.usage;
    assert.deepEqual([input_tokens, cache_read_input_tokens, output_tokens], [15, 5, 7]);
  }

  async stream() {
    const kinds = [];
    let all = '';
    for await (const event of await this.create({ stream: true })) {
      kinds.push(event.type);
      if (event.type === 'content_block_delta') all += await this.seen(event.delta.text);
    }
    assert.deepEqual([all, kinds[0], kinds.at(-1)], [TEXT, 'message_start', 'message_stop']);
  }

  async think() {
    const { content } = await this.turn(this.request.messages);
    assert.equal(content.at(-1).text, TEXT);
    if (this.upstream !== 'chat') assert.equal(squeezed(content[0].thinking), 'letmesee');
  }

  async image() {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
    const answer = await this.create({ messages: [{ role: 'user', content: [{ type: 'text', text: this.prompt }, image] }] });
    assert.equal(answer.content[0].text, `image of ${PNG.length}`);
  }

  async schema() {
    const answer = await this.create({ output_config: { format: { type: 'json_schema', schema: CITY } } });
    assert.deepEqual(JSON.parse(answer.content[0].text), { city: 'Bonn' });
  }

  async loop() {
    const history = [...this.request.messages];
    for (let n = 0; n < 2; n++) {
      const { content, stop_reason: stop } = await this.turn(history);
      assert.equal(stop, 'tool_use');
      const calls = content.filter((block) => block.type === 'tool_use');
      assert.equal(calls.length, 2);
      history.push({ role: 'assistant', content: content.map(({ caller, ...block }) => block) });
      const results = calls.map(({ id, name, input }) => ({ type: 'tool_result', tool_use_id: id, content: resultOf(name, input) }));
      history.push({ role: 'user', content: results });
    }
    assert.equal((await this.turn(history)).content.at(-1).text, DONE);
  }

  async turn(messages) {
    const tools = TOOLS.map(([name, description, schema]) => ({ name, description, input_schema: schema }));
    const request = { messages, tools, thinking: { type: 'enabled', budget_tokens: 2048 } };
    if (!this.streams) return this.create(request);
    const stream = anthropic.messages.stream({ ...this.request, ...request });
    stream.on('text', (delta) => this.seen(delta));
    return stream.finalMessage();
  }

  async error() {
    const error = await this.fails(Anthropic.APIError, () => this.create());
    this.isTold(error);
    if (this.told === 429) assert.equal(error.headers.get('retry-after'), '7');
  }

  async cut() {
    const kinds = [];
    await this.fails(Anthropic.APIError, async () => {
      for await (const event of await this.create({ stream: true })) {
        kinds.push(event.type);
        if (event.type === 'content_block_delta') await this.seen(event.delta.text);
      }
    });
    assert.ok(!kinds.includes('message_stop') && !kinds.includes('message_delta'), `${kinds}`);
  }

  async cancel() {
    for await (const event of await this.create({ stream: true })) {
      if (event.type === 'content_block_delta') break;
    }
    await this.left();
  }
}

class Gemini extends Scene {
  question = [{ role: 'user', parts: [{ text: this.prompt }] }];

  asked(contents, config = {}) {
    return { model: this.model, contents, config: { systemInstruction: 'Be brief', ...config } };
  }

  create(contents = this.question, config = {}) {
    return google.models.generateContent(this.asked(contents, config));
  }

  pieces(contents = this.question, config = {}) {
    return google.models.generateContentStream(this.asked(contents, config));
  }

  async plain() {
    const answer = await this.create();
    assert.deepEqual([answer.text, answer.candidates[0].finishReason], [TEXT, 'STOP']);
    const { promptTokenCount, cachedContentTokenCount, totalTokenCount } = answer.usageMetadata;
    assert.deepEqual([promptTokenCount, cachedContentTokenCount, totalTokenCount], [20, 5, 27]);
  }

  async stream() {
    let all = '';
    let last;
    for await (const piece of await this.pieces()) {
      all += await this.seen(piece.text);
      last = piece;
    }
    assert.deepEqual([all, last.candidates[0].finishReason, last.usageMetadata.totalTokenCount], [TEXT, 'STOP', 27]);
  }

  async think() {
    const parts = await this.turn(this.question);
    assert.equal(parts.filter((part) => !part.thought).map((part) => part.text ?? '').join(''), TEXT);
    if (this.upstream !== 'chat') {
      assert.equal(squeezed(parts.filter((part) => part.thought).map((part) => part.text).join('')), 'letmesee');
    }
  }

  async image() {
    const image = { inlineData: { mimeType: 'image/png', data: PNG } };
    const answer = await this.create([{ role: 'user', parts: [{ text: this.prompt }, image] }]);
    assert.equal(answer.text, `image of ${PNG.length}`);
  }

  async schema() {
    const answer = await this.create(this.question, { responseMimeType: 'application/json', responseJsonSchema: CITY });
    assert.deepEqual(JSON.parse(answer.text), { city: 'Bonn' });
  }

  async loop() {
    const history = [...this.question];
    for (let n = 0; n < 2; n++) {
      const parts = await this.turn(history);
      const calls = parts.filter((part) => part.functionCall).map((part) => part.functionCall);
      assert.equal(calls.length, 2);
      history.push({ role: 'model', parts: parts.filter((part) => part.text !== '') });
      const results = calls.map(({ id, name, args }) => ({ functionResponse: { id, name, response: { output: resultOf(name, args) } } }));
      history.push({ role: 'user', parts: results });
    }
    const parts = await this.turn(history);
    assert.equal(parts.filter((part) => !part.thought).map((part) => part.text ?? '').join(''), DONE);
  }

  async turn(contents) {
    const functionDeclarations = TOOLS.map(([name, description, schema]) => ({ name, description, parametersJsonSchema: schema }));
    const config = { tools: [{ functionDeclarations }], thinkingConfig: { includeThoughts: true, thinkingLevel: 'HIGH' } };
    if (!this.streams) return (await this.create(contents, config)).candidates[0].content.parts;
    const parts = [];
    for await (const piece of await this.pieces(contents, config)) {
      for (const part of piece.candidates[0].content?.parts ?? []) {
        parts.push(part);
        if (!part.thought) await this.seen(part.text);
      }
    }
    return parts;
  }

  async error() {
    const error = await this.fails(Error, () => this.create());
    this.isTold(error);
    if (this.told === 429) assert.match(error.message, /7s/);
  }

  async cut() {
    await this.fails(Error, async () => {
      for await (const piece of await this.pieces()) {
        assert.ok(!piece.candidates[0].finishReason);
        await this.seen(piece.text);
      }
    });
  }

  async cancel() {
    // This library reads on when its caller does not, unless it is told.
    const leaving = new AbortController();
    for await (const piece of await this.pieces(this.question, { abortSignal: leaving.signal })) {
      if (piece.text) break;
    }
    leaving.abort();
    await this.left();
  }
}

const CLIENTS = { chat: Chat, responses: Responses, messages: Messages, gemini: Gemini };
const problems = [];
const waiting = [...cases];

async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const actor = new CLIENTS[next.client](next);
    try {
      await actor[next.scene.split('-')[0]]();
    } catch (problem) {
      problems.push(`${next.run}: ${problem?.stack ?? problem}`);
    }
  }
}

await Promise.all(Array.from({ length: 16 }, work));
console.log(JSON.stringify({ problems, played: cases.length }));
process.exit(0);
