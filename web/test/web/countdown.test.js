import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describe } from '../../src/web/countdown.js';
import { localTime } from '../../src/web/dates.js';
import { TEXTS, fill } from '../../src/web/texts.js';

test('what is left is said in days and a clock, rounded up to the second', () => {
  assert.equal(describe(2 * 86_400_000 + 3 * 3_600_000 + 4 * 60_000 + 5000, 'zh-CN'), '还有 2 天 03:04:05');
  assert.equal(describe(59_001, 'en'), '00:01:00 left');
  assert.equal(describe(1, 'zh-CN'), '还有 00:00:01');
  assert.equal(describe(0, 'zh-CN'), '已截止');
  assert.equal(describe(-5, 'en'), 'Closed');
});

test('instants are Beijing time wherever the page is opened', () => {
  assert.equal(localTime('2026-11-23T16:00:05.000Z', 'zh-CN'), '2026年11月24日 00:00:05');
  assert.equal(localTime('2026-11-23T08:00:00.000Z', 'en'), '23 Nov 2026, 16:00:00 (Beijing)');
});

test('both languages say the same things with the same placeholders', () => {
  const holders = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const { 'zh-CN': chinese = {}, en: english = {} } = TEXTS;
  assert.deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort());
  for (const key of Object.keys(chinese)) assert.deepEqual(holders(chinese[key] ?? ''), holders(english[key] ?? ''), key);
  assert.equal(fill('{a} {b}', { a: 1 }), '1 {b}');
});
