// Every shared vector, in the same sense as tests/unit/bidding/test_vectors.py.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readAnnouncement } from '../../src/bidding/sealing/announcement.js';
import { hex, lp, unhex, utf8 } from '../../src/bidding/sealing/bytes.js';
import { CanonicalError, canonical, canonicalText, parseCanonical } from '../../src/bidding/sealing/canonical.js';
import { Encryptor, open, sealedSize } from '../../src/bidding/sealing/cobblestone.js';
import { readEnvelope, shareInfo } from '../../src/bidding/sealing/envelope.js';
import { verifyReceiptProof } from '../../src/bidding/sealing/inclusion.js';
import { readKeyFile, writeKeyFile } from '../../src/bidding/sealing/key_file.js';
import { objectContext, possibleSize, readPlaintext, sealObject } from '../../src/bidding/sealing/object.js';
import { padded } from '../../src/bidding/sealing/padding.js';
import { readReceipt, readRefusal } from '../../src/bidding/sealing/receipt.js';
import { readRecovery, writeRecovery } from '../../src/bidding/sealing/recovery.js';
import { inMemory } from '../../src/bidding/sealing/seal.js';
import { interpolate, multiply, split } from '../../src/bidding/sealing/shamir.js';
import { digestOf } from '../../src/bidding/sealing/signed.js';
import { H, hash, hpkeOpen, signingKey } from '../../src/bidding/sealing/suite.js';
import { makeWithdrawal, readWithdrawal } from '../../src/bidding/sealing/withdrawal.js';
import { counting, load, memory, patched } from './vectors.js';

/** @param {string} code */
const refused = (code) => (/** @type {any} */ error) => {
  assert.equal(error.code, code);
  return true;
};

test('framing and canonical JSON', () => {
  const { lp: lists, canonical: values, not_canonical: refusals } = load('framing');
  for (const { items, lp: framed, H: digest } of lists) {
    const bytes = items.map(unhex);
    assert.equal(hex(lp(...bytes)), framed);
    assert.equal(hex(H(...bytes)), digest);
  }
  for (const { value, bytes } of values) {
    assert.equal(hex(canonical(value)), bytes);
    assert.deepEqual(parseCanonical(unhex(bytes)), value);
  }
  assert.ok(refusals.length > 0);
  for (const text of refusals) assert.throws(() => parseCanonical(text), CanonicalError, text);
});

test('sharing: arithmetic, dealings, any t points give every other', () => {
  const vectors = load('shamir');
  for (const [a, b, product] of vectors.multiply) assert.equal(multiply(a, b), product);
  for (const [a, inverse] of vectors.invert) assert.equal(multiply(a, inverse), 1);
  for (const { t, n, secret, coefficients, shares } of vectors.dealings) {
    const seats = Array.from({ length: n }, (_, i) => i + 1);
    const dealt = split(unhex(secret), t, seats, coefficients.map(unhex));
    assert.deepEqual(dealt.map(({ y }) => hex(y)), shares);
    assert.equal(hex(interpolate(dealt.slice(-t))), secret);
    assert.equal(hex(interpolate(dealt.slice(-t), 1)), shares[0]);
    assert.notEqual(hex(interpolate(dealt.slice(0, t - 1))), secret);
  }
});

test('objects: chunked encryption, padding, whole parts', async () => {
  const vectors = load('object');
  for (const row of vectors.chunked) {
    const plain = counting(row.plaintext_mod_251);
    const encryptor = await Encryptor.start(unhex(row.key), unhex(row.context), unhex(row.salt));
    // Cut anywhere: what comes out must not depend on how it went in.
    const sealed = Buffer.concat([
      encryptor.prefix,
      await encryptor.update(plain.subarray(0, 7)),
      await encryptor.update(plain.subarray(7)),
      await encryptor.finish(),
    ]);
    assert.equal(hex(hash(new Uint8Array(sealed))), row.sha256);
    assert.equal(sealed.length, row.size);
    assert.equal(sealed.subarray(0, 88).toString('hex'), row.head);
    assert.deepEqual(await open(unhex(row.key), unhex(row.context), new Uint8Array(sealed)), plain);
  }
  for (const [length, step, padme, size] of vectors.padding) {
    assert.deepEqual([padded(length, 'step'), padded(length, 'padme'), sealedSize(length)], [step, padme, size]);
    assert.ok(possibleSize(sealedSize(padme), 'padme'));
  }
  for (const row of vectors.parts) {
    const files = row.files.map((/** @type {any} */ file) => inMemory(file.name, file.hex === null ? counting(file.size) : unhex(file.hex)));
    const sink = memory();
    const sealed = await sealObject({ files, pad: row.pad, key: unhex(row.ck), context: unhex(row.context), salt: unhex(row.salt), sink });
    assert.deepEqual([sealed.root, sealed.size], [row.obj, row.size]);
    assert.equal(hex(hash(sink.bytes())), row.sha256);
    const read = readPlaintext(await open(unhex(row.ck), unhex(row.context), sink.bytes()), row.pad);
    assert.deepEqual(read.map(({ name, data }) => [name, data.length]), row.files.map((/** @type {any} */ file) => [file.name, file.size]));
  }
});

test('announcement: valid as signed by all, every change refused with its code', async () => {
  const vectors = load('announcement');
  const { ann, body } = await readAnnouncement(vectors.file);
  assert.equal(ann, vectors.ann);
  const keys = await Promise.all(vectors.trustees.map((/** @type {any} */ row) => signingKey(unhex(row.sign))));
  assert.ok(vectors.refusals.length > 30);
  for (const { path, value, code } of vectors.refusals) {
    const text = canonicalText(patched({ v: 'LBA1', ...body }, path, value));
    const signatures = await Promise.all(keys.map(async (key, i) => ({ x: i + 1, sig: hex(await key.sign(lp('LBE1/announce', text))) })));
    await assert.rejects(readAnnouncement(canonicalText({ body: text, signatures })), refused(code), `${path} = ${JSON.stringify(value)}`);
  }
  const file = JSON.parse(vectors.file);
  for (const [path, value] of /** @type {[any[], any][]} */ ([
    [['signatures'], file.signatures.slice(0, 2)],
    [['signatures'], file.signatures.toReversed()],
    [['signatures', 1, 'sig'], file.signatures[0].sig],
    [['body'], file.body.replace('"min_envelopes":3', '"min_envelopes":1')],
  ])) {
    await assert.rejects(readAnnouncement(canonicalText(patched(file, path, value))), refused('sealing.announcement.signatures'));
  }
});

test('envelope: opens share by share, every change refused with its code', async () => {
  const announced = load('announcement');
  const vectors = load('envelope');
  const announcement = await readAnnouncement(announced.file);
  const envelope = await readEnvelope(vectors.file, announcement);
  assert.equal(envelope.digest, vectors.digest);
  const file = JSON.parse(vectors.file);
  for (const part of vectors.parts) {
    const phase = announcement.body.parts.find(({ id }) => id === part.id)?.phase;
    for (const { x, hpke } of announced.trustees) {
      const share = envelope.shares.find((candidate) => candidate.part === part.id && candidate.x === x);
      assert.ok(share);
      const info = shareInfo(hash(utf8(file.core)), part.id, x, share.kid);
      const y = await hpkeOpen(unhex(hpke[String(phase)]), info, unhex(share.enc), unhex(share.ct));
      assert.equal(hex(y), part.shares[x - 1]);
    }
    const sink = memory();
    const entry = envelope.core.parts.find(({ id }) => id === part.id);
    const sealed = await sealObject({
      files: part.files.map((/** @type {any} */ given) => inMemory(given.name, unhex(given.hex))),
      pad: announcement.body.parts.find(({ id }) => id === part.id)?.pad ?? 'step',
      key: unhex(part.ck),
      salt: unhex(part.salt),
      context: objectContext(announcement.ann, envelope.core.env, part.id),
      sink,
    });
    assert.deepEqual([sealed.root, sealed.size], [entry?.obj, entry?.size]);
    assert.equal(hex(hash(sink.bytes())), part.ciphertext_sha256);
  }
  const key = await signingKey(unhex(vectors.submission_seed));
  assert.ok(vectors.refusals.length > 30);
  for (const { in: where, path, value, code } of vectors.refusals) {
    let text;
    if (where === 'file') text = canonicalText(patched(file, path, value));
    else {
      const changed = { core: file.core, shares: file.shares, [where]: canonicalText(patched(JSON.parse(file[where]), path, value)) };
      text = canonicalText({ ...changed, sig: hex(await key.sign(lp('LBE1/sig', changed.core, changed.shares))) });
    }
    await assert.rejects(readEnvelope(text, announcement), refused(code), `${where} ${path} = ${JSON.stringify(value)}`);
  }
  await assert.rejects(readEnvelope(`{"core":"${'x'.repeat(262_144)}"}`, announcement), refused('sealing.envelope.size'));
});

test('receipt, refusal, withdrawal', async () => {
  const { receipt, refusal, withdrawal } = load('submission');
  const { file, digest, submission_seed: seed } = load('envelope');
  const announcement = await readAnnouncement(load('announcement').file);
  const { core } = await readEnvelope(file, announcement);
  const sent = { hash: digest, ann: core.ann, env: core.env, key: core.key, prev: core.prev };
  const kept = load('inclusion').receipt;
  assert.equal((await readReceipt(kept, announcement, sent)).slot, 6129);
  assert.equal((await readRefusal(refusal, announcement, sent)).code, 'bidding.too_late');
  // Signed by the platform, but its entry is of something else.
  await assert.rejects(readReceipt(receipt, announcement, sent), refused('sealing.receipt.entry'));
  await assert.rejects(readReceipt(kept, announcement, { ...sent, prev: digest }), refused('sealing.receipt.entry'));
  await assert.rejects(readReceipt(kept, announcement, { ...sent, hash: '00'.repeat(32) }), refused('sealing.receipt.hash'));
  await assert.rejects(readReceipt(kept, announcement, { ...sent, ann: '00'.repeat(32) }), refused('sealing.receipt.announcement'));
  await assert.rejects(readReceipt(refusal, announcement, sent), refused('sealing.receipt.body'));
  await assert.rejects(readReceipt(kept.replace('6129', '6130'), announcement, sent), refused('sealing.receipt.sig'));
  const key = await signingKey(unhex(seed));
  const read = await readWithdrawal(withdrawal, hex(key.publicKey));
  // Ed25519 is deterministic, so the twin makes the very same document.
  const made = await makeWithdrawal({ ann: announcement.ann, env: read.env, envelope: digest }, key);
  assert.equal(canonicalText(made), withdrawal);
  assert.equal(digestOf(made), hex(hash(utf8(withdrawal))));
  await assert.rejects(readWithdrawal(withdrawal, hex((await signingKey(new Uint8Array(32))).publicKey)), refused('sealing.withdrawal.sig'));
});

test('a receipt is proved in its slot, the slot in the journal, the journal by its witness; every change fails', async () => {
  const { receipt: document, witnessed, unwitnessed } = load('inclusion');
  const announcement = await readAnnouncement(load('announcement').file);
  const receipt = JSON.parse(JSON.parse(document).body);
  assert.deepEqual(await verifyReceiptProof(witnessed, receipt, announcement), { witnesses: ['witness.example'], size: 9, witnessed: true });
  await assert.rejects(verifyReceiptProof(unwitnessed, receipt, announcement), refused('sealing.inclusion.quorum'));
  await assert.rejects(verifyReceiptProof(witnessed, { ...receipt, slot: 6128 }, announcement), refused('sealing.inclusion.slot'));
  await assert.rejects(verifyReceiptProof(witnessed, { ...receipt, entry: '00'.repeat(32) }, announcement), refused('sealing.inclusion.entry'));
  await assert.rejects(verifyReceiptProof(witnessed, { ...receipt, subject: 'lot:other' }, announcement), refused('sealing.inclusion.journal'));
  await assert.rejects(verifyReceiptProof(witnessed.replace('index 5', 'index 4'), receipt, announcement), refused('sealing.inclusion.journal'));
  await assert.rejects(verifyReceiptProof('pending', receipt, announcement), refused('sealing.inclusion.format'));
  for (const [from, to] of [['\n9\n', '\n8\n'], ['demo/trading.example\n', 'demo/trading.elsewhere\n'], ['\noffset 0', '\noffset 1']]) {
    assert.ok(witnessed.includes(from));
    await assert.rejects(verifyReceiptProof(witnessed.replace(from, to), receipt, announcement), refused('sealing.inclusion.checkpoint'));
  }
  // The slot's path and the witness's line, each with one character changed.
  const extra = JSON.parse(Buffer.from(/extra (\S+)/.exec(witnessed)?.[1] ?? '', 'base64').toString());
  extra.slot.path[0] = '00'.repeat(32);
  const forged = witnessed.replace(/extra \S+/, `extra ${Buffer.from(canonicalText(extra)).toString('base64')}`);
  await assert.rejects(verifyReceiptProof(forged, receipt, announcement), refused('sealing.inclusion.slot'));
  const line = /— witness.example (\S+)/.exec(witnessed)?.[1] ?? '';
  const bent = witnessed.replace(line, `${line.slice(0, 20)}${line[20] === 'A' ? 'B' : 'A'}${line.slice(21)}`);
  await assert.rejects(verifyReceiptProof(bent, receipt, announcement), refused('sealing.inclusion.checkpoint'));
});

test('key files and recovery files', async () => {
  const { passphrase, files, refusals, recovery } = load('keyfile');
  for (const { pem, pkcs8 } of files) assert.equal(hex((await readKeyFile(pem, passphrase)).pkcs8), pkcs8);
  for (const { pem, passphrase: given, code } of refusals) await assert.rejects(readKeyFile(pem, given), refused(code));
  const own = await writeKeyFile(unhex(files[0].pkcs8), passphrase);
  assert.equal(hex((await readKeyFile(own, passphrase)).pkcs8), files[0].pkcs8);

  const held = await readRecovery(recovery.file, passphrase);
  assert.deepEqual({ v: 'LBK1', ...held }, recovery.plaintext);
  assert.deepEqual(await readRecovery(await writeRecovery(held, passphrase), passphrase), held);
  await assert.rejects(readRecovery(recovery.file, `${passphrase} `), refused('sealing.recovery.passphrase'));
  await assert.rejects(readRecovery(recovery.file.replace('600000', '599999'), passphrase), refused('sealing.recovery.weak'));
  await assert.rejects(readRecovery('{}', passphrase), refused('sealing.recovery.format'));
});
