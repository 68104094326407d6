import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hex } from '../../src/bidding/sealing/bytes.js';
import { presentMessage } from '../../src/bidding/sign_record.js';

test('those present sign the framed digest', () => {
  const digest = 'ab'.repeat(32);
  const label = Buffer.from('LBE1/record-present').toString('hex');
  assert.equal(hex(presentMessage(digest)), `00000013${label}00000020${digest}`);
});
