import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hex } from '../../src/bidding/sealing/bytes.js';
import { presentMessage } from '../../src/bidding/sign_record.js';

test('those present sign the framed digest', () => {
  const digest = 'ab'.repeat(32);
  const label = Buffer.from('LBE1/record-present').toString('hex');
  assert.equal(hex(presentMessage(digest)), `00000013${label}00000020${digest}`);
});

test('a member signs the report under its own label, a dissent with it', () => {
  const digest = 'cd'.repeat(32);
  const label = Buffer.from('LBD1/member').toString('hex');
  const plain = `0000000b${label}00000020${digest}`;
  assert.equal(hex(presentMessage(digest, 'LBD1/member')), plain);
  const words = Buffer.from('不同意').toString('hex');
  assert.equal(hex(presentMessage(digest, 'LBD1/member', '不同意')), `${plain}00000009${words}`);
});
