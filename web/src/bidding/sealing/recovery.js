// Recovery file (恢复文件): the submission key and every part's key under the bidder's passphrase. It opens his own bid when
// trustees are missing, and it is what replaces or withdraws an envelope; whoever loses it cannot do either.

import { hex, lp, unhex } from './bytes.js';
import { canonicalText, canonical } from './canonical.js';
import { ROUNDS, passphraseKey } from './key_file.js';
import { Refusal, demand } from './refusal.js';
import { anyHex, arrayOf, hexOf, integer, oneOf, parse, partId, shape, subject } from './shape.js';
import { random } from './suite.js';

/**
 * @typedef {object} Recovery
 * @property {string} subject
 * @property {string} ann
 * @property {string} env
 * @property {string} envelope digest
 * @property {string} key seed in hex
 * @property {{id: string, ck: string}[]} parts
 */

const KDF = 'PBKDF2-SHA256';
const outerShape = shape({ v: oneOf('LBK1'), kdf: oneOf(KDF), rounds: integer(1), salt: hexOf(16), nonce: hexOf(12), ct: anyHex });
const innerShape = shape({
  v: oneOf('LBK1'),
  subject,
  ann: hexOf(32),
  env: hexOf(16),
  envelope: hexOf(32),
  key: hexOf(32),
  parts: arrayOf(shape({ id: partId, ck: hexOf(32) })),
});

/** @param {number} rounds @param {Uint8Array} salt */
const bound = (rounds, salt) => lp('LBE1/recovery', KDF, String(rounds), salt);

/**
 * @param {Recovery} recovery
 * @param {string} passphrase
 * @returns {Promise<string>}
 */
export async function writeRecovery(recovery, passphrase) {
  const salt = random(16);
  const nonce = random(12);
  const key = await passphraseKey(passphrase, salt, ROUNDS, 'AES-GCM');
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: bound(ROUNDS, salt) };
  const ct = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, canonical({ v: 'LBK1', ...recovery })));
  return canonicalText({ v: 'LBK1', kdf: KDF, rounds: ROUNDS, salt: hex(salt), nonce: hex(nonce), ct: hex(ct) });
}

/**
 * @param {string | Uint8Array} file
 * @param {string} passphrase
 * @returns {Promise<Recovery>}
 */
export async function readRecovery(file, passphrase) {
  /** @type {{rounds: number, salt: string, nonce: string, ct: string}} */
  const { rounds, salt, nonce, ct } = parse(file, outerShape, 'sealing.recovery.format');
  demand(rounds >= ROUNDS && rounds <= 10_000_000, 'sealing.recovery.weak');
  const key = await passphraseKey(passphrase, unhex(salt), rounds, 'AES-GCM');
  const algorithm = { name: 'AES-GCM', iv: unhex(nonce), additionalData: bound(rounds, unhex(salt)) };
  let plain;
  try {
    plain = await crypto.subtle.decrypt(algorithm, key, unhex(ct));
  } catch {
    throw new Refusal('sealing.recovery.passphrase');
  }
  /** @type {Recovery & {v: string}} */
  const { v: _, ...recovery } = parse(new Uint8Array(plain), innerShape, 'sealing.recovery.format');
  return recovery;
}
