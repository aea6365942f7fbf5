// Sessions of Node.js: `ws`, openai's clients for Realtime and for Responses over WebSocket, and Gemini Live's, before the server of
// src/test/clients/vendors/realtime.py. Arguments: the gateway and its key. Prints how many sessions there were.
import assert from 'node:assert/strict';
import { once } from 'node:events';

import { GoogleGenAI, Modality } from '@google/genai';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { WebSocket } from 'ws';

const TEXT = 'Hello there';
const SOUND = Buffer.from(Array.from({ length: 2048 }, (_, index) => index % 256));

const [gateway, key] = process.argv.slice(2);
const openai = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key });
const headersOf = (run) => ({ 'X-Run': `node-${run}` });

function open(run, asked, shown = key) {
  const headers = { Authorization: `Bearer ${shown}`, ...headersOf(run) };
  return new WebSocket(`${gateway.replace('http', 'ws')}/play?${asked}`, { headers });
}

const plays = {
  async echo() {
    const socket = open('echo', 'do=echo');
    await once(socket, 'open');
    for (const message of ['Grüße \u{1f600}', Buffer.from([0, 255]), 'x'.repeat(100_000), Buffer.alloc(1_000_000)]) {
      socket.send(message);
      const [echoed, isBinary] = await once(socket, 'message');
      assert.equal(isBinary, typeof message !== 'string');
      assert.ok(Buffer.from(message).equals(echoed));
    }
    socket.ping('there?');
    assert.equal(`${(await once(socket, 'pong'))[0]}`, 'there?');
    socket.close(1000);
    assert.equal((await once(socket, 'close'))[0], 1000);
  },

  async closedThere() {
    const socket = open('closed-there', 'do=close&code=4321&reason=enough');
    await once(socket, 'open');
    socket.send('go');
    const [code, reason] = await once(socket, 'close');
    assert.deepEqual([code, `${reason}`], [4321, 'enough']);
  },

  async closedHere() {
    const socket = open('closed-here', 'do=echo');
    await once(socket, 'open');
    socket.close(4001, 'no more');
    await once(socket, 'close');
  },

  async cutThere() {
    const socket = open('cut-there', 'do=cut');
    await once(socket, 'open');
    socket.send('go');
    assert.equal((await once(socket, 'close'))[0], 1011);
  },

  async cutHere() {
    const socket = open('cut-here', 'do=echo');
    await once(socket, 'open');
    socket.terminate();
    await once(socket, 'close');
  },

  async wrongKey() {
    const [, response] = await once(open('wrong-key', 'do=echo', 'sk-wrong-0123456789'), 'unexpected-response');
    assert.equal(response.statusCode, 401);
    response.destroy();
  },

  async realtime() {
    const session = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { headers: headersOf('realtime') } }, openai);
    session.on('error', (error) => { throw error; });
    let text = '';
    session.on('response.output_audio_transcript.delta', (event) => { text += event.delta; });
    const done = new Promise((resolve) => { session.on('response.done', resolve); });
    session.on('session.created', () => {
      session.send({ type: 'input_audio_buffer.append', audio: SOUND.toString('base64') });
      session.send({ type: 'response.create' });
    });
    assert.equal((await done).response.usage.total_tokens, 27);
    assert.equal(text, `${TEXT}, ${SOUND.length}`);
    session.close();
    await once(session.socket, 'close');
  },

  async responses() {
    const session = new ResponsesWS(openai, { headers: headersOf('responses') });
    const input = [{ role: 'user', content: 'Say hello' }];
    session.send({ type: 'response.create', model: 'gpt-5.1', input });
    let previous;
    let text = '';
    for await (const { type, message, error } of session) {
      if (type === 'error') throw error;
      if (message?.type === 'response.output_text.delta') text += message.delta;
      if (message?.type === 'response.completed' && previous) {
        assert.equal(message.response.previous_response_id, previous);
        session.close();
      } else if (message?.type === 'response.completed') {
        previous = message.response.id;
        session.send({ type: 'response.create', model: 'gpt-5.1', input, previous_response_id: previous });
      }
    }
    assert.equal(text, TEXT + TEXT);
  },

  async live() {
    const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: gateway, headers: headersOf('live') } });
    let text = '';
    let take;
    const done = new Promise((resolve, reject) => { take = { resolve, reject }; });
    const session = await google.live.connect({
      model: 'gemini-live-2.5-flash-preview',
      config: { responseModalities: [Modality.AUDIO] },
      callbacks: {
        onmessage({ serverContent, usageMetadata }) {
          text += serverContent?.modelTurn?.parts?.[0].text ?? '';
          if (serverContent?.turnComplete) take.resolve(usageMetadata);
        },
        onerror: take.reject,
        onclose: () => take.reject(new Error('closed')),
      },
    });
    session.sendClientContent({ turns: [{ role: 'user', parts: [{ text: 'Say hello' }] }], turnComplete: true });
    assert.equal((await done).totalTokenCount, 27);
    assert.equal(text, TEXT);
    session.close();
  },
};

let sessions = 0;
await Promise.all(Object.values(plays).map(async (play) => {
  await play();
  sessions++;
}));
console.log(`${sessions} sessions`);
