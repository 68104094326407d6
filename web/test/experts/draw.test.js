import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hex, unhex } from '../../src/bidding/sealing/bytes.js';
import { canonical } from '../../src/bidding/sealing/canonical.js';
import { leafHash } from '../../src/bidding/sealing/merkle.js';
import { hash } from '../../src/bidding/sealing/suite.js';
import { check } from '../../src/experts/check.js';
import { commitHash, permutation, rosterRoot, seedOf } from '../../src/experts/draw.js';
import { load } from '../bidding/vectors.js';

const vectors = load('draw');

/** @param {string} label @returns {import('../../src/bidding/sealing/bytes.js').Bytes} as the generator pins its values */
const pinned = (label) => hash(new TextEncoder().encode(`draw/${label}`));

/**
 * @param {any} document
 * @param {[string, (string | number)[], any?][]} ops
 */
function applied(document, ops) {
  const copy = structuredClone(document);
  for (const [kind, path, value] of ops) {
    const last = /** @type {string | number} */ (path.at(-1));
    const place = path.slice(0, -1).reduce((at, step) => at[step], copy);
    if (kind === 'set') place[last] = value;
    else if (kind === 'add') place[last].push(value);
    else if (kind === 'cut') place[last].pop();
    else [place[last][0], place[last][1]] = [place[last][1], place[last][0]];
  }
  return copy;
}

test('leaf, commitments, roots and seeds are the Python engine’s', () => {
  const { leaf, ann, commits, roots, seeds } = vectors;
  const salted = new Uint8Array([...unhex(leaf.salt), ...canonical(leaf.expert)]);
  assert.equal(hex(leafHash(salted)), leaf.leaf);
  for (const { party, r, commit } of commits) assert.equal(hex(commitHash(unhex(ann), party, unhex(r))), commit);
  for (const { leaves, root } of roots) assert.equal(rosterRoot(leaves), root);
  for (const { parties, beacons, seed } of seeds) {
    const told = parties.map((/** @type {[string, string | null, string | null]} */ [party, commit, r]) => ({ party, commit, r }));
    assert.equal(hex(seedOf(unhex(ann), [roots[0].root, roots[1].root], told, beacons)), seed);
  }
});

test('the order of 1,000 seeds is the Python engine’s', () => {
  const { seed, specialty, places } = vectors.order;
  assert.deepEqual(permutation(unhex(seed), specialty, places.length), places);
  assert.equal(vectors.permutations.length, 1000);
  for (const [i, { n, specialty: name, digest }] of vectors.permutations.entries()) {
    assert.equal(hex(hash(canonical(permutation(pinned(String(i)), name, n)))).slice(0, 16), digest, `seed ${i}`);
  }
});

test('every document comes out as in Python, step by step', async () => {
  for (const { document, before, steps } of vectors.documents) {
    const found = await check(document, before ? [before] : []);
    assert.deepEqual(found.map(({ name, state, code }) => [name, state, code]), steps);
  }
});

for (const { name, ops, step, code } of vectors.changes) {
  test(`changed: ${name}`, async () => {
    const steps = await check(applied(vectors.documents[0].document, ops));
    const first = steps.find(({ state }) => state === 'failed');
    assert.deepEqual([first?.name, first?.code], [step, code]);
  });
}
