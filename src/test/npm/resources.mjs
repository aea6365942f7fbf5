// Calls that need more than one step, before groups whose upstreams know only what they made themselves
// (src/test/clients/vendors/keeper.py). Arguments: the key, how often, and the
// gateways for OpenAI, Anthropic and Google. Prints how many rounds there were.
import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { toFile } from 'openai';

const [key, times, ofOpenai, ofAnthropic, ofGoogle] = process.argv.slice(2);
const openai = new OpenAI({ baseURL: `${ofOpenai}/v1`, apiKey: key, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: ofAnthropic, apiKey: key, maxRetries: 0 });
const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: ofGoogle } });

const plays = [
  async () => {
    let previous;
    for (let step = 0; step < 4; step++) {
      const asked = { model: 'gpt-5.1', input: 'hi', previous_response_id: previous };
      previous = (await openai.responses.create(asked)).id;
    }
    assert.equal((await openai.responses.retrieve(previous)).id, previous);
  },
  async () => {
    const file = await openai.files.create({ file: await toFile(Buffer.from('{}'), 'f.jsonl'), purpose: 'batch' });
    const asked = { input_file_id: file.id, endpoint: '/v1/responses', completion_window: '24h' };
    const batch = await openai.batches.create(asked);
    assert.equal((await openai.batches.retrieve(batch.id)).id, batch.id);
    assert.equal(await (await openai.files.content(batch.output_file_id)).text(), `content of ${batch.output_file_id}`);
  },
  async () => {
    const params = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
    const batch = await anthropic.messages.batches.create({ requests: [{ custom_id: 'a', params }] });
    assert.equal((await anthropic.messages.batches.retrieve(batch.id)).id, batch.id);
  },
  async () => {
    const cache = await google.caches.create({ model: 'gemini-3-pro', config: { contents: 'long' } });
    const config = { cachedContent: cache.name };
    const answer = await google.models.generateContent({ model: 'gemini-3-pro', contents: 'hi', config });
    assert.equal(answer.text, 'cached');
  },
];

let rounds = 0;
for (let time = 0; time < Number(times); time++) {
  for (const play of plays) {
    await play();
    rounds++;
  }
}
console.log(`${rounds} rounds`);
