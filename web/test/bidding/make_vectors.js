// Writes tests/vectors/js/bid.json: one bid sealed by the JavaScript twin with fresh randomness, every secret shown, for
// tests/unit/bidding/test_js_vectors.py to open with the Python engine. Run it again after a change of the format: npm run vectors.
// The announcement is that of announcement.json with Padmé parts, so that the ciphertext is small enough to be kept.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { readAnnouncement } from '../../src/bidding/sealing/announcement.js';
import { concat, hex, lp, unhex, utf8 } from '../../src/bidding/sealing/bytes.js';
import { canonicalText } from '../../src/bidding/sealing/canonical.js';
import { openIdentity } from '../../src/bidding/sealing/identity.js';
import { writeKeyFile } from '../../src/bidding/sealing/key_file.js';
import { readPem } from '../../src/bidding/sealing/pem.js';
import { priceFile } from '../../src/bidding/sealing/price.js';
import { readRecovery } from '../../src/bidding/sealing/recovery.js';
import { inMemory, sealBid } from '../../src/bidding/sealing/seal.js';
import { signingKey } from '../../src/bidding/sealing/suite.js';
import { makeWithdrawal } from '../../src/bidding/sealing/withdrawal.js';
import { FOLDER, load, memory } from './vectors.js';

const PASSPHRASE = 'JS 口令 naïve';
const PKCS8 = unhex('302e020100300506032b657004220420');

const vectors = load('announcement');
const bid = load('envelope');
const body = JSON.parse(JSON.parse(vectors.file).body);
body.parts = body.parts.map((/** @type {any} */ part) => ({ ...part, pad: 'padme' }));
const text = canonicalText(body);
const signatures = await Promise.all(
  vectors.trustees.map(async (/** @type {any} */ { x, sign }) => ({ x, sig: hex(await (await signingKey(unhex(sign))).sign(lp('LBE1/announce', text))) })),
);
const file = canonicalText({ body: text, signatures });
const announcement = await readAnnouncement(file);

const pkcs8 = concat(PKCS8, unhex(bid.certificate_seed));
const certificates = readPem(JSON.parse(bid.identity_json).certificate).map(({ der }) => der);
const identity = await openIdentity({ pkcs8, certificates });

/** @param {{seed: string, envelope: string} | null} replaces @param {number} price */
async function seal(replaces, price) {
  /** @type {Map<string, ReturnType<typeof memory>>} */
  const sinks = new Map();
  const { envelope, recovery } = await sealBid({
    announcement,
    files: {
      technical: [inMemory('施工组织设计.txt', utf8('深基坑支护方案\n'.repeat(50))), inMemory('empty', new Uint8Array())],
      price: [inMemory('price.json', priceFile({ price_fen: price, duration_days: 300, quality: '合格', manager: '李四' }))],
    },
    identity,
    depositReference: 'DR-7',
    ack: 'ab'.repeat(32),
    replaces,
    passphrase: PASSPHRASE,
    async sink(part) {
      const sink = memory();
      sinks.set(part, sink);
      return sink;
    },
  });
  return { envelope, recovery, objects: Object.fromEntries([...sinks].map(([part, sink]) => [part, hex(sink.bytes())])) };
}

const first = await seal(null, 123_456_789);
const { key, env } = await readRecovery(first.recovery, PASSPHRASE);
const second = await seal({ seed: key, envelope: first.envelope.digest }, 123_000_000);
const withdrawal = await makeWithdrawal({ ann: announcement.ann, env, envelope: first.envelope.digest }, await signingKey(unhex(key)));

const out = {
  announcement: file,
  passphrase: PASSPHRASE,
  key_file: await writeKeyFile(pkcs8, PASSPHRASE, certificates),
  envelope: first.envelope.text,
  digest: first.envelope.digest,
  recovery: first.recovery,
  objects: first.objects,
  price_fen: 123_456_789,
  replacement: second.envelope.text,
  withdrawal: canonicalText(withdrawal),
};
await mkdir(path.join(FOLDER, 'js'), { recursive: true });
await writeFile(path.join(FOLDER, 'js', 'bid.json'), `${JSON.stringify(out, null, 1)}\n`);
