// A person's signing key, made on his own machine: Ed25519 by WebCrypto, possession proved, locked into a key file together with
// the certificate. The private key never leaves this module unlocked, and never goes to the platform.

import { hex, utf8 } from '../bidding/sealing/bytes.js';
import { writeKeyFile } from '../bidding/sealing/key_file.js';

/** @typedef {import('../bidding/sealing/bytes.js').Bytes} Bytes */
/** @typedef {{public_key: string, possession: string}} CertificateRequest */

export const SHORTEST_PASSPHRASE = 10;

/** This browser has no Ed25519. */
export class NoEd25519 extends Error {}

/**
 * What the new key signs, the same bytes as trading/parties/certificates.py: which key asks, for which membership.
 * @param {string} membership
 * @param {string} publicKey hex
 * @returns {Bytes}
 */
export function possessionMessage(membership, publicKey) {
  return utf8(`trading/certificate-request/1\n${membership}\n${publicKey}\n`);
}

export class NewKey {
  /**
   * @param {CryptoKey} key
   * @param {Bytes} publicKey
   */
  constructor(key, publicKey) {
    this.key = key;
    this.publicKey = publicKey;
  }

  /** @returns {Promise<NewKey>} */
  static async make() {
    /** @type {CryptoKeyPair} */
    let pair;
    try {
      pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']));
    } catch (error) {
      throw new NoEd25519('Ed25519', { cause: error });
    }
    return new NewKey(pair.privateKey, new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  }

  /**
   * @param {string} membership
   * @returns {Promise<CertificateRequest>} the body of POST /v1/certificates
   */
  async request(membership) {
    const publicKey = hex(this.publicKey);
    const signature = await crypto.subtle.sign('Ed25519', this.key, possessionMessage(membership, publicKey));
    return { public_key: publicKey, possession: hex(new Uint8Array(signature)) };
  }

  /**
   * The key under its passphrase. Made before the certificate is asked for: what fails here must not leave a certificate behind.
   * @param {string} passphrase
   * @returns {Promise<string>} PEM; certificates are written after it, leaf first
   */
  async lock(passphrase) {
    return writeKeyFile(new Uint8Array(await crypto.subtle.exportKey('pkcs8', this.key)), passphrase);
  }
}
