// The Merkle tree of RFC 6962: leaf SHA-256(0x00 ‖ data), node SHA-256(0x01 ‖ left ‖ right).
// Over 1 MiB blocks of ciphertext it gives an object's root; over a slot and over the journal, a receipt's proof.

import { concat, equal } from './bytes.js';
import { hash } from './suite.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/**
 * @param {Uint8Array} data
 * @returns {Bytes}
 */
export function leafHash(data) {
  return hash(concat(LEAF, data));
}

/**
 * The same for a large block, by WebCrypto, which is several times faster and off the page's thread.
 * @param {Uint8Array} data
 * @returns {Promise<Bytes>}
 */
export async function blockHash(data) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(LEAF, data)));
}

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 * @returns {Bytes}
 */
export function nodeHash(left, right) {
  return hash(concat(NODE, left, right));
}

/**
 * @param {Uint8Array[]} leaves leaf hashes
 * @returns {Uint8Array}
 */
export function root(leaves) {
  if (leaves.length === 0) return hash(new Uint8Array());
  let level = leaves;
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      above.push(nodeHash(/** @type {Uint8Array} */ (level[i]), /** @type {Uint8Array} */ (level[i + 1])));
    }
    if (level.length % 2 === 1) above.push(/** @type {Bytes} */ (level[level.length - 1]));
    level = above;
  }
  return /** @type {Uint8Array} */ (level[0]);
}

/**
 * RFC 9162 §2.1.3.2.
 * @param {Uint8Array} leaf leaf hash
 * @param {number} index
 * @param {number} size
 * @param {Uint8Array[]} proof nearest sibling first
 * @param {Uint8Array} treeRoot
 * @returns {boolean}
 */
export function verifyInclusion(leaf, index, size, proof, treeRoot) {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  // Division, not shifts: a journal may outgrow 2^31 leaves, where JavaScript's shifts wrap.
  const half = (/** @type {number} */ n) => Math.floor(n / 2);
  let inner = index;
  let last = size - 1;
  let result = leaf;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== 32) return false;
    if (inner % 2 === 1 || inner === last) {
      result = nodeHash(sibling, result);
      while (inner % 2 === 0 && inner !== 0) {
        inner = half(inner);
        last = half(last);
      }
    } else {
      result = nodeHash(result, sibling);
    }
    inner = half(inner);
    last = half(last);
  }
  return last === 0 && equal(result, treeRoot);
}
