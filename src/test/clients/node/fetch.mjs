// Prints each piece of an event stream when it comes: URL BODY.
const [url, body] = process.argv.slice(2);
const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
if (!answer.ok) throw new Error(`status ${answer.status}`);
for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) console.log(piece.trimEnd());
