import assert from 'node:assert/strict';
import { test } from 'node:test';

import { STEPS, check } from '../../src/experts/check.js';
import { documents, finding, verdict } from '../../src/experts/check_page.js';
import { TEXTS, say } from '../../src/experts/texts.js';
import { load } from '../bidding/vectors.js';

const vectors = load('draw');

test('both languages say the same things with the same values', () => {
  const [zh, en] = [TEXTS['zh-CN'] ?? {}, TEXTS['en'] ?? {}];
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const [key, words] of Object.entries(zh)) {
    assert.deepEqual([...words.matchAll(/\{\w+\}/g)].map(String).sort(), [...(en[key] ?? '').matchAll(/\{\w+\}/g)].map(String).sort(), key);
  }
});

test('every step and every code has words', () => {
  const codes = [...vectors.changes.map((/** @type {{code: string}} */ { code }) => code), 'draw.rerolled', 'draw.calls.replaced'];
  for (const lang of ['zh-CN', 'en']) {
    for (const key of [...codes, ...STEPS.flatMap((name) => [`step.${name}`, `held.${name}`])]) assert.notEqual(say(key, lang), key, key);
  }
});

test('a draw that holds is told so, step by step, with its facts', async () => {
  const steps = await check(vectors.documents[0].document);
  assert.deepEqual(verdict(steps, 'en'), { ok: true, words: '10 steps computed again, all agree.' });
  for (const step of steps) assert.ok(!finding(step, 'en').includes('…'), `${step.name}: ${finding(step, 'en')}`);
});

test('a draw under way waits, a false one is named by its step', async () => {
  const [whole, begun] = vectors.documents;
  assert.equal(verdict(await check(begun.document), 'en').words, '4 steps computed again, all agree; 6 have not happened yet.');
  const steps = await check({ ...whole.document, seed: '44'.repeat(32) });
  assert.deepEqual(verdict(steps, 'en').ok, false);
  assert.match(verdict(steps, 'en').words, /step 7, “Seed”/);
  assert.match(verdict(steps, 'zh-CN').words, /第 7 步“种子”/);
});

test('only documents of draws are taken, in their order', () => {
  const { document, before } = vectors.documents[2];
  assert.deepEqual(documents([document, before]), [before, document]);
  for (const other of [null, 1, {}, { format: 'trading-evidence/1' }]) assert.deepEqual(documents([document, other]), []);
});
