// The providers' APIs, as far as their clients are driven here. Each knows one key, and says so if another one arrives.
import { createServer } from 'node:http';

const WORDS = ['Hel', 'lo ', 'there'];

async function read(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function stream(response, events, { cut = false } = {}) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(event);
  if (cut) setTimeout(() => response.destroy(), 100);
  else response.end();
}

const data = (value) => `data: ${JSON.stringify(value)}\n\n`;
const named = (value) => `event: ${value.type}\n${data(value)}`;

const openai = {
  key: (headers) => headers.authorization,
  expected: 'Bearer sk-upstream-openai',

  '/v1/chat/completions'(request, response) {
    const { model, stream: streamed, tools, messages } = request.json;
    if (model === 'limited') {
      return send(response, 429, { error: { message: 'slow down', type: 'rate_limit_exceeded', param: null, code: null } });
    }
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    const base = { id: 'chatcmpl-1', created: 1700000000, model };
    const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } };
    if (streamed) {
      const chunk = (delta, finish = null) =>
        data({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] });
      const words = tools
        ? [chunk({ role: 'assistant', tool_calls: [{ index: 0, ...call }] }), chunk({}, 'tool_calls')]
        : [chunk({ role: 'assistant', content: '' }), ...WORDS.map((content) => chunk({ content })), chunk({}, 'stop')];
      const cut = model === 'cut';
      return stream(response, cut ? words.slice(0, 3) : [...words, 'data: [DONE]\n\n'], { cut });
    }
    const parts = messages.at(-1).content;
    const image = Array.isArray(parts) ? parts.find((part) => part.type === 'image_url') : undefined;
    const message = tools
      ? { role: 'assistant', content: null, refusal: null, tool_calls: [call] }
      : { role: 'assistant', content: image ? `image of ${image.image_url.url.length}` : 'Hello there', refusal: null };
    const choice = { index: 0, message, logprobs: null, finish_reason: tools ? 'tool_calls' : 'stop' };
    return send(response, 200, { ...base, object: 'chat.completion', choices: [choice], usage });
  },

  '/v1/responses'(request, response) {
    const { model } = request.json;
    const content = [{ type: 'output_text', text: 'Hello there', annotations: [] }];
    const output = [{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content }];
    const usage = { input_tokens: 3, output_tokens: 4, total_tokens: 7 };
    send(response, 200, { id: 'resp_1', object: 'response', created_at: 1700000000, status: 'completed', model, output, usage });
  },

  '/v1/embeddings'(request, response) {
    const { model, input, encoding_format: format } = request.json;
    const floats = Buffer.from(new Float32Array([0.5, -0.25]).buffer);
    const embedding = format === 'base64' ? floats.toString('base64') : [0.5, -0.25];
    const list = [input].flat().map((_, index) => ({ object: 'embedding', index, embedding }));
    send(response, 200, { object: 'list', data: list, model, usage: { prompt_tokens: 1, total_tokens: 1 } });
  },

  '/v1/images/edits'(request, response) {
    const text = request.bytes.toString('latin1');
    const model = /name="model"\r\n(?:[^\r]+\r\n)*\r\n([^\r]*)\r\n/.exec(text)?.[1];
    const whole = text.includes(PNG.toString('latin1'));
    send(response, 200, { created: 1700000000, data: [{ b64_json: whole ? `whole, for ${model}` : 'broken' }] });
  },
};

const anthropic = {
  key: (headers) => headers['x-api-key'],
  expected: 'sk-upstream-anthropic',

  '/v1/messages'(request, response) {
    const { model, stream: streamed, tools } = request.json;
    if (!request.headers['anthropic-version']) return send(response, 400, { type: 'error' });
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model, stop_sequence: null };
    const usage = { input_tokens: 3, output_tokens: 4 };
    if (!streamed) {
      const content = tools
        ? [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bonn' } }]
        : [{ type: 'text', text: 'Hello there' }];
      return send(response, 200, { ...message, content, stop_reason: tools ? 'tool_use' : 'end_turn', usage });
    }
    const text = WORDS.map((word) =>
      named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: word } }));
    return stream(response, [
      named({ type: 'message_start', message: { ...message, content: [], stop_reason: null, usage } }),
      named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      ...text,
      named({ type: 'content_block_stop', index: 0 }),
      named({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } }),
      named({ type: 'message_stop' }),
    ]);
  },

  '/v1/messages/count_tokens'(request, response) {
    send(response, 200, { input_tokens: 11 });
  },
};

const gemini = {
  key: (headers) => headers['x-goog-api-key'],
  expected: 'upstream-gemini',

  '/v1beta/models/gemini-flash:generateContent'(request, response) {
    const tools = request.json.tools;
    const part = tools ? { functionCall: { name: 'weather', args: { city: 'Bonn' } } } : { text: 'Hello there' };
    const candidates = [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }];
    send(response, 200, { candidates, modelVersion: 'gemini-flash' });
  },

  '/v1beta/models/gemini-flash:streamGenerateContent'(request, response) {
    const last = WORDS.length - 1;
    stream(response, WORDS.map((text, index) => data({
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...(index === last && { finishReason: 'STOP' }) }],
      modelVersion: 'gemini-flash',
    })));
  },

  '/v1beta/models/gemini-embedding:batchEmbedContents'(request, response) {
    const models = request.json.requests.map((each) => each.model);
    // As Google does, whose path and body have to name the same model.
    const other = models.find((model) => model !== 'models/gemini-embedding');
    if (other) return send(response, 400, { error: { code: 400, message: `a body for ${other}`, status: 'INVALID_ARGUMENT' } });
    send(response, 200, { embeddings: models.map(() => ({ values: [0.5, -0.25] })) });
  },
};

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** Starts a provider. What it was asked is in `requests`; what was wrong with that, in `complaints`. */
function start(api, clientKeys) {
  const requests = [];
  const complaints = [];
  const server = createServer(async (request, response) => {
    const bytes = await read(request);
    const url = new URL(request.url, 'http://mock');
    const all = request.url + JSON.stringify(request.rawHeaders) + bytes.toString('latin1');
    if (api.key(request.headers) !== api.expected) complaints.push(`${url.pathname}: another key than the upstream's`);
    if (clientKeys.some((key) => all.includes(key))) complaints.push(`${url.pathname}: a client's key`);
    if (request.headers.host !== `127.0.0.1:${server.address().port}`) complaints.push(`${url.pathname}: another host`);
    const isJson = request.headers['content-type']?.startsWith('application/json');
    const json = isJson ? JSON.parse(bytes.toString('utf8')) : undefined;
    requests.push({ path: url.pathname, headers: request.headers, json });
    const handler = api[url.pathname];
    if (handler) handler({ headers: request.headers, json, bytes }, response);
    else send(response, 404, { error: { message: `the mock has no ${url.pathname}` } });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
    resolve({ requests, complaints, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() });
  }));
}

export async function startAll(clientKeys) {
  const [first, second, third] = await Promise.all([openai, anthropic, gemini].map((api) => start(api, clientKeys)));
  return { openai: first, anthropic: second, gemini: third };
}
