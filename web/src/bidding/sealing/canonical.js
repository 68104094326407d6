// Canonical JSON (RFC 8785, restricted as the platform's kernel restricts it): ASCII keys, integers below 2^53,
// no floats. The parser refuses whatever the writer would not have written, a key given twice among it.

import { utf8 } from './bytes.js';

/** @typedef {null | boolean | number | string | Json[] | {[key: string]: Json}} Json */

export class CanonicalError extends Error {
  /** @override */
  name = 'CanonicalError';
}

/**
 * @param {unknown} value
 * @returns {string}
 */
export function canonicalText(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    // -0 prints as 0 but is not the integer the other side would have written.
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new CanonicalError('not a portable integer');
    return String(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new CanonicalError('a lone surrogate has no UTF-8 form');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.keys(value).sort();
    for (const key of entries) if (!/^[\x00-\x7f]*$/.test(key)) throw new CanonicalError('keys are ASCII');
    const record = /** @type {Record<string, unknown>} */ (value);
    return `{${entries.map((key) => `${JSON.stringify(key)}:${canonicalText(record[key])}`).join(',')}}`;
  }
  throw new CanonicalError(`${typeof value} has no canonical form`);
}

/**
 * @param {unknown} value
 * @returns {import('./bytes.js').Bytes}
 */
export function canonical(value) {
  return utf8(canonicalText(value));
}

/**
 * @param {string | Uint8Array} data
 * @returns {Json} the value whose canonical form is exactly these bytes
 */
export function parseCanonical(data) {
  let text;
  let value;
  try {
    text = typeof data === 'string' ? data : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
    value = /** @type {Json} */ (JSON.parse(text));
    // A duplicate key, a float, white space, another escape: each fails to come back as it was.
    if (canonicalText(value) === text) return value;
  } catch (error) {
    if (error instanceof CanonicalError) throw error;
    throw new CanonicalError('not JSON');
  }
  throw new CanonicalError('JSON, but not in canonical form');
}
