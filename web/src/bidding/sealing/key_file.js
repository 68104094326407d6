// Key file (密钥文件): PKCS#8 under PBES2, PBKDF2-HMAC-SHA256 of at least 600,000 rounds and AES-256-CBC, then certificates.
// A reader that took fewer rounds would let a stolen file be guessed at; it refuses.

import { hex, unhex, utf8 } from './bytes.js';
import { DerError, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, content, elements, encode, encodeInteger, integerOf, single } from './der.js';
import { readPem, writePem } from './pem.js';
import { Refusal, demand } from './refusal.js';
import { random } from './suite.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */

export const ROUNDS = 600_000;
const MOST_ROUNDS = 10_000_000;
const PBES2 = unhex('2a864886f70d01050d');
const PBKDF2 = unhex('2a864886f70d01050c');
const HMAC_SHA256 = unhex('2a864886f70d0209');
const AES256_CBC = unhex('60864801650304012a');

/**
 * @param {string} passphrase
 * @param {Bytes} salt
 * @param {number} rounds
 * @param {'AES-CBC' | 'AES-GCM'} cipher
 * @returns {Promise<CryptoKey>}
 */
export async function passphraseKey(passphrase, salt, rounds, cipher) {
  // NFC: the same words typed on another system must be the same bytes.
  const material = await crypto.subtle.importKey('raw', utf8(passphrase.normalize('NFC')), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, material, { name: cipher, length: 256 }, false, ['encrypt', 'decrypt']);
}

/**
 * @param {Bytes} der EncryptedPrivateKeyInfo
 * @returns {{salt: Bytes, rounds: number, iv: Bytes, ciphertext: Bytes}}
 */
function readParameters(der) {
  const [algorithm, ciphertext] = elements(single(der, SEQUENCE).value);
  const [scheme, schemes] = elements(content(algorithm, SEQUENCE));
  demand(hex(content(scheme, OID)) === hex(PBES2), 'sealing.keyfile.format');
  const [derivation, cipher] = elements(content(schemes, SEQUENCE));
  const [kdf, kdfParameters] = elements(content(derivation, SEQUENCE));
  demand(hex(content(kdf, OID)) === hex(PBKDF2), 'sealing.keyfile.format');
  const [salt, rounds, ...rest] = elements(content(kdfParameters, SEQUENCE));
  const saltBytes = content(salt, OCTET_STRING);
  const count = integerOf(content(rounds, INTEGER));
  if (rest[0]?.tag === INTEGER) demand(integerOf(/** @type {import('./der.js').Node} */ (rest.shift()).value) === 32, 'sealing.keyfile.format');
  // An absent prf means HMAC-SHA1 (RFC 8018), which this format does not take.
  const prf = rest.length === 1 ? elements(content(rest[0], SEQUENCE))[0] : undefined;
  demand(prf && hex(content(prf, OID)) === hex(HMAC_SHA256), 'sealing.keyfile.format');
  const [name, iv] = elements(content(cipher, SEQUENCE));
  demand(hex(content(name, OID)) === hex(AES256_CBC), 'sealing.keyfile.format');
  demand(saltBytes.length >= 16, 'sealing.keyfile.format');
  demand(count >= ROUNDS && count <= MOST_ROUNDS, 'sealing.keyfile.weak', { rounds: count });
  return { salt: saltBytes, rounds: count, iv: content(iv, OCTET_STRING), ciphertext: content(ciphertext, OCTET_STRING) };
}

/**
 * @param {string} text of the file
 * @param {string} passphrase
 * @returns {Promise<{pkcs8: Bytes, certificates: Bytes[]}>}
 */
export async function readKeyFile(text, passphrase) {
  let blocks;
  let parameters;
  try {
    blocks = readPem(text);
    const block = blocks.find(({ label }) => label === 'ENCRYPTED PRIVATE KEY');
    demand(block, 'sealing.keyfile.format');
    parameters = readParameters(block.der);
  } catch (error) {
    if (error instanceof DerError || error instanceof DOMException) throw new Refusal('sealing.keyfile.format');
    throw error;
  }
  const { salt, rounds, iv, ciphertext } = parameters;
  const key = await passphraseKey(passphrase, salt, rounds, 'AES-CBC');
  try {
    const pkcs8 = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, ciphertext));
    single(pkcs8, SEQUENCE); // CBC has no tag: a wrong passphrase may leave valid padding, hardly a DER sequence of this length
    return { pkcs8, certificates: blocks.filter(({ label }) => label === 'CERTIFICATE').map(({ der }) => der) };
  } catch {
    throw new Refusal('sealing.keyfile.passphrase');
  }
}

/**
 * @param {Bytes} pkcs8
 * @param {string} passphrase
 * @param {Bytes[]} [certificates] leaf first
 * @returns {Promise<string>}
 */
export async function writeKeyFile(pkcs8, passphrase, certificates = []) {
  const salt = random(16);
  const iv = random(16);
  const key = await passphraseKey(passphrase, salt, ROUNDS, 'AES-CBC');
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, pkcs8));
  const prf = encode(SEQUENCE, encode(OID, HMAC_SHA256), encode(NULL));
  const kdf = encode(SEQUENCE, encode(OID, PBKDF2), encode(SEQUENCE, encode(OCTET_STRING, salt), encodeInteger(ROUNDS), prf));
  const cipher = encode(SEQUENCE, encode(OID, AES256_CBC), encode(OCTET_STRING, iv));
  const algorithm = encode(SEQUENCE, encode(OID, PBES2), encode(SEQUENCE, kdf, cipher));
  const der = encode(SEQUENCE, algorithm, encode(OCTET_STRING, ciphertext));
  return [{ label: 'ENCRYPTED PRIVATE KEY', der }, ...certificates.map((item) => ({ label: 'CERTIFICATE', der: item }))].map(writePem).join('');
}
