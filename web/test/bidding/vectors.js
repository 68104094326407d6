// The vectors that Python and JavaScript share, and how a refusal vector changes a good document.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'tests', 'vectors');

/**
 * @param {string} name
 * @returns {any} as the generator wrote it
 */
export function load(name) {
  return JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'));
}

/**
 * @param {any} value
 * @param {(string | number)[]} steps
 * @param {any} next
 * @returns {any} a copy with the value at the path replaced
 */
export function patched(value, steps, next) {
  if (steps.length === 0) return next;
  const copy = structuredClone(value);
  let at = copy;
  for (const step of steps.slice(0, -1)) at = at[step];
  at[/** @type {string | number} */ (steps.at(-1))] = next;
  return copy;
}

/**
 * @param {number} size
 * @returns {Uint8Array<ArrayBuffer>} bytes i mod 251
 */
export function counting(size) {
  return new Uint8Array(size).map((_, i) => i % 251);
}

/** @returns {import('../../src/bidding/sealing/object.js').Sink & {bytes(): Uint8Array<ArrayBuffer>}} a sink in memory */
export function memory() {
  /** @type {Uint8Array[]} */
  const parts = [];
  return {
    async write(data) {
      parts.push(new Uint8Array(data));
    },
    async close() {},
    bytes: () => new Uint8Array(Buffer.concat(parts)),
  };
}
