// The little DER that key files and certificates need. Reading is strict: definite, minimal lengths, nothing left over.

import { concat } from './bytes.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{tag: number, value: Bytes, whole: Bytes}} Node */

export class DerError extends Error {
  /** @override */
  name = 'DerError';
}

/**
 * @param {Uint8Array} data
 * @returns {Node[]} the elements that follow one another in the data
 */
export function elements(data) {
  const nodes = [];
  let at = 0;
  while (at < data.length) {
    const start = at;
    const tag = data[at++];
    let length = data[at++];
    if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f || length === 0x80) throw new DerError('not DER');
    if (length > 0x80) {
      const size = length & 0x7f;
      if (size > 4) throw new DerError('too long');
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + (data[at++] ?? NaN);
      if (!(length >= 0x80 && length >= 256 ** (size - 1))) throw new DerError('length not minimal');
    }
    if (at + length > data.length) throw new DerError('truncated');
    nodes.push({ tag, value: new Uint8Array(data.slice(at, at + length)), whole: new Uint8Array(data.slice(start, at + length)) });
    at += length;
  }
  return nodes;
}

/**
 * @param {Uint8Array} data
 * @param {number} tag
 * @returns {Node} the one element the data is
 */
export function single(data, tag) {
  const [node, ...rest] = elements(data);
  if (!node || rest.length > 0 || node.tag !== tag) throw new DerError('another element was expected');
  return node;
}

/**
 * @param {Node | undefined} node
 * @param {number} tag
 * @returns {Bytes} its content
 */
export function content(node, tag) {
  if (node?.tag !== tag) throw new DerError('another element was expected');
  return node.value;
}

/**
 * @param {number} tag
 * @param {...Uint8Array} parts
 * @returns {Bytes}
 */
export function encode(tag, ...parts) {
  const value = concat(...parts);
  /** @type {number[]} */
  const size = [];
  for (let rest = value.length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256);
  const length = value.length < 0x80 ? [value.length] : [0x80 | size.length, ...size];
  return concat(new Uint8Array([tag, ...length]), value);
}

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;

/**
 * @param {Uint8Array} value content of an INTEGER
 * @returns {number} non-negative, below 2^53
 */
export function integerOf(value) {
  if (value.length === 0 || value.length > 7 || /** @type {number} */ (value[0]) & 0x80) throw new DerError('not a small integer');
  return value.reduce((number, byte) => number * 256 + byte, 0);
}

/**
 * @param {number} number
 * @returns {Bytes}
 */
export function encodeInteger(number) {
  const bytes = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if (bytes.length === 0 || /** @type {number} */ (bytes[0]) & 0x80) bytes.unshift(0);
  return encode(INTEGER, new Uint8Array(bytes));
}
