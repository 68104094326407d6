// Uploading against a server that speaks the bidding API's block protocol and, now and then, fails.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { hex } from '../../src/bidding/sealing/bytes.js';
import { leafHash, root } from '../../src/bidding/sealing/merkle.js';
import { ApiProblem, SubmissionApi } from '../../src/bidding/submission_api.js';
import { openUploads, uploadMissing } from '../../src/bidding/upload.js';
import { counting } from './vectors.js';

const MIB = 1 << 20;
const BLOCK = 2 * MIB; // the server chooses; the page must follow

/** What the server holds and how it misbehaves. */
const server = {
  /** @type {Map<number, Buffer>} */ blocks: new Map(),
  /** @type {number[]} */ failures: [],
  /** @type {import('node:http').IncomingHttpHeaders[]} */ seen: [],
  size: 0,
};

const http = createServer(async (request, answer) => {
  server.seen.push(request.headers);
  const body = [];
  for await (const chunk of request) body.push(chunk);
  const data = Buffer.concat(body);
  const json = (/** @type {number} */ status, /** @type {unknown} */ value) => {
    answer.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
    answer.end(JSON.stringify(value));
  };
  const missing = () => Array.from({ length: Math.ceil(server.size / BLOCK) }, (_, n) => n).filter((n) => !server.blocks.has(n));
  if (request.headers.authorization !== 'Upload secret') return json(403, { code: 'bidding.token_invalid', title: 'no' });
  if (request.method === 'POST') {
    server.size = JSON.parse(data.toString()).parts[0].size;
    return json(201, { uploads: [{ part: 'technical', upload_id: 'u1', block_size: BLOCK, size: server.size, missing: missing() }] });
  }
  if (request.method === 'GET') return json(200, { size: server.size, block_size: BLOCK, missing: missing() });
  const failure = server.failures.shift();
  if (failure === 0) return void request.socket.destroy();
  if (failure) return json(failure, { code: failure === 409 ? 'bidding.not_sealed' : 'kernel.busy', title: 'failed', detail: 'failed' });
  const leaves = [];
  for (let at = 0; at < data.length; at += MIB) leaves.push(hex(leafHash(data.subarray(at, at + MIB))));
  if (request.headers['x-leaf-hashes'] !== leaves.join(',')) return json(409, { code: 'bidding.block_damaged' });
  server.blocks.set(Number(request.url?.split('/').at(-1)), data);
  answer.writeHead(204).end();
});

let origin = '';
before(async () => {
  await new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve(undefined)));
  origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (http.address()).port}`;
});
after(() => void http.close());

const bytes = counting(7 * MIB + 12_345);
const leaves = Array.from({ length: 8 }, (_, n) => hex(leafHash(bytes.subarray(n * MIB, (n + 1) * MIB))));
const objects = [{ part: 'technical', blob: new Blob([bytes]), leaves }];
const named = { ann: 'aa', env: 'bb', key: 'cc' };
const quick = [1, 1, 1];

test('blocks arrive whole, failures in passing are retried, a resumed upload sends only what is missing', async () => {
  const api = new SubmissionApi('lot', { origin });
  const uploads = await openUploads(api, 'secret', named, objects);
  // A refusal that no patience helps stops the upload; what had arrived stays.
  server.failures = [503, 0, 409];
  await assert.rejects(uploadMissing(api, 'secret', uploads, objects, undefined, quick), (error) => error instanceof ApiProblem && error.code === 'bidding.not_sealed');
  const had = server.blocks.size;
  server.seen = [];
  /** @type {number[]} */
  const told = [];
  await uploadMissing(api, 'secret', uploads, objects, (done) => told.push(done), quick);
  assert.equal(server.seen.length, 1 + 4 - had);
  assert.equal(told.at(-1), bytes.length);
  assert.deepEqual(told, told.toSorted((a, b) => a - b));
  const stored = Buffer.concat([0, 1, 2, 3].map((n) => /** @type {Buffer} */ (server.blocks.get(n))));
  assert.ok(stored.equals(bytes));
  assert.equal(hex(root(leaves.map((leaf) => Buffer.from(leaf, 'hex')))), hex(root([...Array(8).keys()].map((n) => leafHash(stored.subarray(n * MIB, (n + 1) * MIB))))));
  assert.ok(server.seen.every((headers) => headers.cookie === undefined));
});

test('a refused token is told by its code; a dead server as a broken network', async () => {
  const api = new SubmissionApi('lot', { origin });
  await assert.rejects(openUploads(api, 'wrong', named, objects), (error) => error instanceof ApiProblem && error.code === 'bidding.token_invalid' && !error.passing);
  const dead = new SubmissionApi('lot', { origin: 'http://127.0.0.1:9' });
  await assert.rejects(dead.uploadState('secret', 'u1'), (error) => error instanceof ApiProblem && error.status === 0 && error.passing);
});
