// A signed document: {"body": string, "sig": hex}, the signature over lp(label, body) on the body's exact text.
// The label keeps one kind of document from passing for another.

import { lp, hex, unhex, utf8 } from './bytes.js';
import { canonical, canonicalText } from './canonical.js';
import { demand } from './refusal.js';
import { hexOf, parse, shape, string } from './shape.js';
import { hash, verifySignature } from './suite.js';

/** @typedef {import('./shape.js').Test} Test */
/** @typedef {{body: string, sig: string}} Signed */

/**
 * @param {string} label
 * @param {import('./canonical.js').Json} body
 * @param {import('./suite.js').SigningKey} key
 * @returns {Promise<Signed>}
 */
export async function sign(label, body, key) {
  const text = canonicalText(body);
  return { body: text, sig: hex(await key.sign(lp(label, text))) };
}

/**
 * @param {Signed} document
 * @returns {string} digest in hex of the complete document
 */
export function digestOf(document) {
  return hex(hash(canonical(document)));
}

/**
 * @template T
 * @param {string} label
 * @param {string | Uint8Array | Signed} document its file, or the object already parsed
 * @param {string} publicKey hex
 * @param {Test} test of the body
 * @param {string} code refusals are `<code>.json`, `.body`, `.sig`
 * @returns {Promise<T>} the body
 */
export async function openSigned(label, document, publicKey, test, code) {
  const bytes = typeof document === 'string' ? utf8(document) : document instanceof Uint8Array ? document : canonical(document);
  const { body, sig } = /** @type {Signed} */ (parse(bytes, shape({ body: string, sig: hexOf(64) }), `${code}.json`));
  const parsed = parse(body, test, `${code}.body`);
  demand(await verifySignature(unhex(publicKey), unhex(sig), lp(label, body)), `${code}.sig`);
  return /** @type {T} */ (parsed);
}
