// Suite 1: X25519 · HKDF-SHA256 · AES-256-GCM · Ed25519 from WebCrypto (HPKE by @hpke/core over it). Hashing of small
// things and of streams is @noble/hashes: WebCrypto's digest is neither incremental nor synchronous.
// Ed25519 here is stricter than RFC 8032 asks: small-order keys and S ≥ L are refused, as in the Python twin, so that
// two verifiers never disagree about one signature.

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { sha256 } from '@noble/hashes/sha2.js';

import { concat, hex, lp, unbase64, unhex } from './bytes.js';
import { demand } from './refusal.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{seed: Bytes, publicKey: Bytes, sign(data: Uint8Array): Promise<Bytes>}} SigningKey */

const PKCS8_PREFIX = unhex('302e020100300506032b657004220420');
/** Order of the base point, little-endian. */
const L = unhex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
/** The points of order 1, 2, 4 and 8 (sign bit cleared). */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * @param {Uint8Array} data
 * @returns {Bytes} SHA-256
 */
export function hash(data) {
  return /** @type {Bytes} */ (sha256(data));
}

/**
 * SHA-256 of a stream.
 * @returns {{update(data: Uint8Array): void, digest(): Bytes}}
 */
export function hasher() {
  const state = sha256.create();
  return { update: (data) => void state.update(data), digest: () => /** @type {Bytes} */ (state.digest()) };
}

/**
 * H of the format: SHA-256 over the framed items.
 * @param {...(Uint8Array | string)} items
 * @returns {Bytes}
 */
export function H(...items) {
  return hash(lp(...items));
}

/**
 * @param {number} size
 * @returns {Bytes}
 */
export function random(size) {
  return crypto.getRandomValues(new Uint8Array(size));
}

/**
 * What this browser or Node lacks for suite 1: [] when it can seal.
 * @returns {Promise<string[]>}
 */
export async function missingFeatures() {
  if (!globalThis.crypto?.subtle) return ['WebCrypto'];
  const missing = [];
  for (const name of ['Ed25519', 'X25519']) {
    try {
      await crypto.subtle.generateKey(/** @type {Algorithm} */ ({ name }), false, name === 'Ed25519' ? ['sign', 'verify'] : ['deriveBits']);
    } catch {
      missing.push(name);
    }
  }
  return missing;
}

/**
 * @param {Uint8Array} seed 32 bytes
 * @returns {Promise<SigningKey>}
 */
export async function signingKey(seed) {
  const pkcs8 = concat(PKCS8_PREFIX, seed);
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
  const { x = '' } = await crypto.subtle.exportKey('jwk', key);
  return {
    seed: new Uint8Array(seed),
    publicKey: unbase64(x.replaceAll('-', '+').replaceAll('_', '/')),
    async sign(data) {
      return new Uint8Array(await crypto.subtle.sign('Ed25519', key, /** @type {Bytes} */ (data)));
    },
  };
}

/** X25519 points of small order (u-coordinates below p). */
const SMALL_ORDER_U = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * @param {Uint8Array} bytes little-endian
 * @returns {boolean} below p = 2^255 - 19
 */
function belowP(bytes) {
  const top = /** @type {number} */ (bytes[31]);
  if (top !== 0x7f || bytes.subarray(1, 31).some((byte) => byte !== 0xff)) return top <= 0x7f;
  return /** @type {number} */ (bytes[0]) < 0xed;
}

/**
 * @param {Uint8Array} publicKey X25519
 * @returns {boolean} canonical, and not one to which every sender has the same, known, secret
 */
export function soundX25519(publicKey) {
  return publicKey.length === 32 && belowP(publicKey) && !SMALL_ORDER_U.has(hex(publicKey));
}

/**
 * @param {Uint8Array} publicKey Ed25519
 * @returns {boolean} canonical, and not one under which a single signature fits every message
 */
export function soundKey(publicKey) {
  if (publicKey.length !== 32) return false;
  const y = new Uint8Array(publicKey);
  y[31] = /** @type {number} */ (y[31]) & 0x7f;
  return belowP(y) && !SMALL_ORDER.has(hex(y));
}

/** @param {Uint8Array} s little-endian scalar */
function belowOrder(s) {
  for (let i = 31; i >= 0; i--) {
    const difference = /** @type {number} */ (s[i]) - /** @type {number} */ (L[i]);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * @param {Uint8Array} publicKey
 * @param {Uint8Array} signature
 * @param {Uint8Array} data
 * @returns {Promise<boolean>}
 */
export async function verifySignature(publicKey, signature, data) {
  if (!soundKey(publicKey) || signature.length !== 64 || !belowOrder(signature.subarray(32))) return false;
  try {
    const key = await crypto.subtle.importKey('raw', /** @type {Bytes} */ (publicKey), 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, /** @type {Bytes} */ (signature), /** @type {Bytes} */ (data));
  } catch {
    return false; // not a point
  }
}

function hpke() {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/**
 * HPKE base mode, empty aad: everything bound is in `info`.
 * @param {Uint8Array} recipient X25519 public key
 * @param {Uint8Array} info
 * @param {Uint8Array} plaintext
 * @returns {Promise<{enc: Bytes, ct: Bytes}>}
 */
export async function hpkeSeal(recipient, info, plaintext) {
  demand(recipient.length === 32, 'sealing.share.kid');
  const suite = hpke();
  const recipientPublicKey = await suite.kem.deserializePublicKey(recipient);
  const sent = await suite.seal({ recipientPublicKey, info }, plaintext);
  return { enc: new Uint8Array(sent.enc), ct: new Uint8Array(sent.ct) };
}

/**
 * @param {Uint8Array} privateKey X25519 private key
 * @param {Uint8Array} info
 * @param {Uint8Array} enc
 * @param {Uint8Array} ct
 * @returns {Promise<Bytes>}
 */
export async function hpkeOpen(privateKey, info, enc, ct) {
  const suite = hpke();
  const recipientKey = await suite.kem.deserializePrivateKey(privateKey);
  return new Uint8Array(await suite.open({ recipientKey, enc, info }, ct));
}
