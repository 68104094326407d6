// Exact shapes: a structure of LBE1 has the listed fields and no other, each of its type. One small table per structure,
// so that both implementations refuse the same things.

import { isHex } from './bytes.js';
import { CanonicalError, parseCanonical } from './canonical.js';
import { demand } from './refusal.js';

/** @typedef {(value: unknown) => boolean} Test */

/** @param {number} bytes @returns {Test} */
export const hexOf = (bytes) => (value) => typeof value === 'string' && value.length === 2 * bytes && isHex(value);
/** @type {Test} */
export const anyHex = (value) => typeof value === 'string' && isHex(value);
/** @param {Test} test @returns {Test} */
export const orNull = (test) => (value) => value === null || test(value);
/** @param {number} low @param {number} [high] @returns {Test} */
export const integer = (low, high = Number.MAX_SAFE_INTEGER) => (value) => Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high;
/** @param {RegExp} pattern @returns {Test} */
export const matching = (pattern) => (value) => typeof value === 'string' && pattern.test(value);
/** @param {...unknown} values @returns {Test} */
export const oneOf = (...values) => (value) => values.includes(value);
/** @type {Test} */
export const string = (value) => typeof value === 'string';
/** @param {Test} test @returns {Test} */
export const arrayOf = (test) => (value) => Array.isArray(value) && value.every(test);
/** @param {number} low @param {number} high in characters (code points) @returns {Test} */
export const text = (low, high) => (value) => typeof value === 'string' && [...value].length >= low && [...value].length <= high;

/** The same without control characters: what is read aloud, stored and printed. @param {number} low @param {number} high @returns {Test} */
export const plainText = (low, high) => (value) => text(low, high)(value) && !/\p{Cc}/u.test(String(value));

export const subject = matching(/^[a-z]{1,16}:[A-Za-z0-9-]{1,64}$/);
export const partId = matching(/^[a-z0-9-]{1,32}$/);
/** The form of a time; whether the calendar has it is `realInstant`. */
export const instant = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
/** @param {string} value of that form */
export const realInstant = (value) => !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value;
/** @type {Test} */
export const whole = (value) => Number.isSafeInteger(value);

/**
 * @param {Record<string, Test>} fields
 * @returns {Test} an object with exactly these fields
 */
export const shape = (fields) => (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  const record = /** @type {Record<string, unknown>} */ (value);
  return keys.length === Object.keys(fields).length && Object.entries(fields).every(([name, test]) => Object.hasOwn(value, name) && test(record[name]));
};

/**
 * @template T
 * @param {string | Uint8Array} data
 * @param {Test} test
 * @param {string} code of the refusal
 * @returns {T} the canonical value of that shape
 */
export function parse(data, test, code) {
  let value;
  try {
    value = parseCanonical(data);
  } catch (error) {
    if (error instanceof CanonicalError) demand(false, code);
    throw error;
  }
  demand(test(value), code);
  return /** @type {T} */ (value);
}
