import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';

import { hex, unhex } from '../../src/bidding/sealing/bytes.js';
import { readKeyFile } from '../../src/bidding/sealing/key_file.js';
import { NewKey, possessionMessage } from '../../src/parties/keymaker.js';

const MEMBERSHIP = '01a20918-0dcb-74c8-a27a-f039b24a135a';

test('a request proves possession of its own key for this membership', async () => {
  const key = await NewKey.make();
  const { public_key: publicKey, possession } = await key.request(MEMBERSHIP);
  assert.equal(publicKey, hex(key.publicKey));
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), unhex(publicKey)]);
  const holder = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  assert.ok(verify(null, possessionMessage(MEMBERSHIP, publicKey), holder, unhex(possession)));
  assert.ok(!verify(null, possessionMessage('another', publicKey), holder, unhex(possession)));
});

test('the message is the one the platform checks', () => {
  assert.equal(new TextDecoder().decode(possessionMessage('m', 'ab')), 'trading/certificate-request/1\nm\nab\n');
});

test('the key file holds this key, and OpenSSL reads it too', async () => {
  const key = await NewKey.make();
  const file = await key.lock('correct horse 42');
  const { pkcs8 } = await readKeyFile(file, 'correct horse 42');
  const opened = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(opened).export({ format: 'der', type: 'spki' });
  assert.equal(spki.subarray(-32).toString('hex'), hex(key.publicKey));
  const foreign = createPrivateKey({ key: file, format: 'pem', passphrase: 'correct horse 42' });
  assert.equal(foreign.asymmetricKeyType, 'ed25519');
});

test('every key is new', async () => {
  const [one, two] = await Promise.all([NewKey.make(), NewKey.make()]);
  assert.notEqual(hex(one.publicKey), hex(two.publicKey));
});
