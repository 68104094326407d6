// Cobblestone-256 (C2SP chunked encryption with HKDF-Expand-SHA-512 and AES-256-GCM): 16 KiB chunks, the last always
// shorter, each under base nonce XOR its number; the prefix is a 24-byte salt and a 32-byte key commitment.
// WebCrypto encrypts the chunks of one read in parallel.

import { concat, equal, utf8 } from './bytes.js';
import { demand } from './refusal.js';
import { random } from './suite.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */

export const CHUNK = 16 * 1024;
const TAG = 16;
export const PREFIX = 24 + 32;
const LABEL = utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');

/**
 * @param {number} size of the plaintext
 * @returns {number} size of the ciphertext
 */
export function sealedSize(size) {
  return PREFIX + size + (Math.floor(size / CHUNK) + 1) * TAG;
}

/**
 * HKDF-Expand alone (WebCrypto's HKDF always extracts first): T(i) = HMAC-SHA-512(prk, T(i-1) ‖ info ‖ i).
 * @param {Uint8Array} key
 * @param {Uint8Array} info
 * @param {number} size at most 128
 * @returns {Promise<Bytes>}
 */
async function expand(key, info, size) {
  const mac = await crypto.subtle.importKey('raw', /** @type {Bytes} */ (key), { name: 'HMAC', hash: 'SHA-512' }, false, ['sign']);
  const first = new Uint8Array(await crypto.subtle.sign('HMAC', mac, concat(info, new Uint8Array([1]))));
  const second = new Uint8Array(await crypto.subtle.sign('HMAC', mac, concat(first, info, new Uint8Array([2]))));
  return concat(first, second).slice(0, size);
}

/**
 * @param {Uint8Array} key
 * @param {Uint8Array} salt
 * @param {Uint8Array} context
 */
async function derive(key, salt, context) {
  const secret = await expand(key, concat(LABEL, salt, context), 32 + 12 + 32);
  const aes = await crypto.subtle.importKey('raw', secret.slice(0, 32), 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { aes, nonce: secret.slice(32, 44), commitment: secret.slice(44) };
}

/**
 * @param {Bytes} base
 * @param {number} number of the chunk, below 2^38
 * @returns {Bytes}
 */
function chunkNonce(base, number) {
  const nonce = new Uint8Array(base);
  const view = new DataView(nonce.buffer);
  view.setUint32(8, view.getUint32(8) ^ number % 2 ** 32);
  nonce[7] = /** @type {number} */ (nonce[7]) ^ Math.floor(number / 2 ** 32);
  return nonce;
}

/** Encrypts one message, once: a key and salt are never used again after it ends. */
export class Encryptor {
  /** @type {Bytes} */
  #rest = new Uint8Array();
  #chunks = 0;
  #done = false;

  /**
   * @param {Bytes} prefix
   * @param {CryptoKey} aes
   * @param {Bytes} nonce
   */
  constructor(prefix, aes, nonce) {
    this.prefix = prefix;
    this.aes = aes;
    this.nonce = nonce;
  }

  /**
   * @param {Uint8Array} key 32 bytes
   * @param {Uint8Array} context
   * @param {Uint8Array} [salt] given only by test vectors
   */
  static async start(key, context, salt = random(24)) {
    const { aes, nonce, commitment } = await derive(key, salt, context);
    return new Encryptor(concat(salt, commitment), aes, nonce);
  }

  /**
   * @param {Uint8Array} chunk
   * @returns {Promise<Bytes>}
   */
  async #seal(chunk) {
    const iv = chunkNonce(this.nonce, this.#chunks++);
    return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.aes, /** @type {Bytes} */ (chunk)));
  }

  /**
   * @param {Uint8Array} data
   * @returns {Promise<Bytes>} ciphertext of the chunks that became full (the prefix is sent apart)
   */
  async update(data) {
    demand(!this.#done, 'sealing.object.done');
    const joined = this.#rest.length === 0 ? data : concat(this.#rest, data);
    const full = joined.length - (joined.length % CHUNK);
    const sealed = [];
    for (let at = 0; at < full; at += CHUNK) sealed.push(this.#seal(joined.subarray(at, at + CHUNK)));
    this.#rest = joined.slice(full);
    return concat(...(await Promise.all(sealed)));
  }

  /** @returns {Promise<Bytes>} the last, short chunk */
  async finish() {
    demand(!this.#done, 'sealing.object.done');
    this.#done = true;
    return this.#seal(this.#rest);
  }
}

/**
 * @param {Uint8Array} key
 * @param {Uint8Array} context
 * @param {Uint8Array} sealed the whole message
 * @returns {Promise<Bytes>}
 */
export async function open(key, context, sealed) {
  demand(sealed.length >= PREFIX + TAG, 'sealing.object.decrypt');
  const { aes, nonce, commitment } = await derive(key, sealed.subarray(0, 24), context);
  demand(equal(commitment, sealed.subarray(24, PREFIX)), 'sealing.object.decrypt');
  const body = sealed.subarray(PREFIX);
  const last = body.length % (CHUNK + TAG);
  demand(last >= TAG, 'sealing.object.decrypt');
  const opened = [];
  for (let at = 0, number = 0; at < body.length; at += CHUNK + TAG, number++) {
    const chunk = /** @type {Bytes} */ (body.subarray(at, at + CHUNK + TAG));
    opened.push(crypto.subtle.decrypt({ name: 'AES-GCM', iv: chunkNonce(nonce, number) }, aes, chunk));
  }
  try {
    return concat(...(await Promise.all(opened)).map((chunk) => new Uint8Array(chunk)));
  } catch {
    demand(false, 'sealing.object.decrypt');
  }
  throw new Error('unreachable');
}
