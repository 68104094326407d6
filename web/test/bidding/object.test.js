// What must not happen to an object: a file edited while it is sealed, ciphertext changed, cut, reordered or extended.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hex, lp } from '../../src/bidding/sealing/bytes.js';
import { canonical } from '../../src/bidding/sealing/canonical.js';
import { Encryptor, open } from '../../src/bidding/sealing/cobblestone.js';
import { possibleSize, readPlaintext, sealObject } from '../../src/bidding/sealing/object.js';
import { inMemory } from '../../src/bidding/sealing/seal.js';
import { hash } from '../../src/bidding/sealing/suite.js';
import { counting, memory } from './vectors.js';

const key = new Uint8Array(32).fill(7);
const context = new Uint8Array([1]);
const refused = (/** @type {string} */ code) => (/** @type {any} */ error) => error.code === code;

test('a file that changes between its two readings is refused', async () => {
  let reads = 0;
  const blob = /** @type {Blob} */ (/** @type {unknown} */ ({ size: 10, slice: () => ({ arrayBuffer: async () => new Uint8Array(10).fill(reads++).buffer }) }));
  await assert.rejects(sealObject({ files: [{ name: 'a', blob }], pad: 'step', key, context, sink: memory() }), refused('sealing.object.changed'));
});

test('names that two systems could take differently are refused', async () => {
  for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a\n', 'x'.repeat(256), '\ud800']) {
    await assert.rejects(sealObject({ files: [inMemory(name, counting(1))], pad: 'step', key, context, sink: memory() }), refused('sealing.object.index'), name);
  }
  const twice = [inMemory('a', counting(1)), inMemory('a', counting(2))];
  await assert.rejects(sealObject({ files: twice, pad: 'step', key, context, sink: memory() }), refused('sealing.object.index'));
});

test('ciphertext under another key or context, changed, cut, reordered, extended: refused', async () => {
  const encryptor = await Encryptor.start(key, context);
  const sealed = new Uint8Array(Buffer.concat([encryptor.prefix, await encryptor.update(counting(40_000)), await encryptor.finish()]));
  const chunk = (/** @type {number} */ n) => sealed.subarray(56 + n * 16_400, 56 + (n + 1) * 16_400);
  const joined = (/** @type {Uint8Array[]} */ ...parts) => new Uint8Array(Buffer.concat(parts));
  const flipped = new Uint8Array(sealed);
  flipped[100] = /** @type {number} */ (flipped[100]) ^ 1;
  const prefix = sealed.subarray(0, 56);
  /** @type {Record<string, Uint8Array>} */
  const bad = {
    flipped,
    'cut at a chunk': sealed.subarray(0, 56 + 2 * 16_400),
    'cut inside': sealed.subarray(0, sealed.length - 1),
    'cut to the prefix': prefix,
    reordered: joined(prefix, chunk(1), chunk(0), chunk(2)),
    extended: joined(sealed, new Uint8Array(16)),
    'chunk repeated': joined(prefix, chunk(0), chunk(0), chunk(1), chunk(2)),
  };
  assert.deepEqual(await open(key, context, sealed), counting(40_000));
  for (const [what, data] of Object.entries(bad)) await assert.rejects(open(key, context, data), refused('sealing.object.decrypt'), what);
  await assert.rejects(open(new Uint8Array(32), context, sealed), refused('sealing.object.decrypt'));
  await assert.rejects(open(key, new Uint8Array([2]), sealed), refused('sealing.object.decrypt'));
});

test('a plaintext that says otherwise than it holds is refused', () => {
  const data = counting(5);
  const made = (/** @type {Record<string, unknown>} */ entry, /** @type {number} */ size, /** @type {number} */ last) => {
    const head = lp(canonical({ v: 'LBF1', files: [{ name: 'a', size: 5, sha256: hex(hash(data)), ...entry }] }));
    const plain = new Uint8Array(size);
    plain.set(head);
    plain.set(data, head.length);
    plain[size - 1] = last;
    return plain;
  };
  assert.equal(readPlaintext(made({}, 262_144, 0), 'step')[0]?.name, 'a');
  assert.throws(() => readPlaintext(made({}, 262_144, 1), 'step'), refused('sealing.object.padding'));
  assert.throws(() => readPlaintext(made({}, 524_288, 0), 'step'), refused('sealing.object.padding'));
  assert.throws(() => readPlaintext(made({ sha256: '00'.repeat(32) }, 262_144, 0), 'step'), refused('sealing.object.file'));
  assert.throws(() => readPlaintext(made({ size: 999_999 }, 262_144, 0), 'step'), refused('sealing.object.file'));
  assert.throws(() => readPlaintext(made({ name: '..' }, 262_144, 0), 'step'), refused('sealing.object.index'));
  assert.throws(() => readPlaintext(made({ more: 1 }, 262_144, 0), 'step'), refused('sealing.object.index'));
});

test('sizes no honest writer makes are told apart', () => {
  assert.ok(possibleSize(262_472, 'step'));
  for (const size of [0, 55, 56, 72, 262_471, 262_473, -1]) assert.ok(!possibleSize(size, 'step'), String(size));
});
