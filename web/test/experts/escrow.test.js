// The file a party keeps, and the escrow that must be this draw's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { escrow, numberFile, readNumber } from '../../src/experts/escrow.js';

const NUMBER = { ann: 'ab'.repeat(32), party: 'centre', r: '01'.repeat(32) };

test('what is kept is read again, canonical', () => {
  assert.equal(numberFile(NUMBER), `{"ann":"${NUMBER.ann}","party":"centre","r":"${NUMBER.r}"}`);
  assert.deepEqual(readNumber(numberFile(NUMBER)), NUMBER);
});

for (const [what, text] of /** @type {[string, string][]} */ ([
  ['no JSON', 'x'],
  ['nothing', '{}'],
  ['a short number', JSON.stringify({ ...NUMBER, r: '01' })],
  ['letters that are no hex', JSON.stringify({ ...NUMBER, r: 'zz'.repeat(32) })],
  ['a party that is no text', JSON.stringify({ ...NUMBER, party: 7 })],
])) {
  test(`${what} is no such file`, () => assert.equal(readNumber(text), null));
}

test('another draw’s escrow does not get the number', async () => {
  const body = { subject: 'draw:1', documents: 'cd'.repeat(32), parts: [] };
  const announcement = /** @type {import('../../src/bidding/sealing/announcement.js').Announcement} */ (/** @type {unknown} */ ({ ann: '', body }));
  await assert.rejects(escrow(NUMBER, announcement, 'draw:1'), { code: 'draws.escrow_differs' });
  const own = { ...announcement, body: { ...announcement.body, documents: NUMBER.ann } };
  await assert.rejects(escrow(NUMBER, own, 'draw:2'), { code: 'draws.escrow_differs' });
});
