// Bytes and the one framing of LBE1: lp(a, b, …) is every item as a big-endian u32 length and the item itself,
// so no two lists of items can have the same bytes. Text is UTF-8; hex is decoded before it is framed.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const encoder = new TextEncoder();

/**
 * @param {string} text
 * @returns {Bytes}
 */
export function utf8(text) {
  return encoder.encode(text);
}

/**
 * @param {...Uint8Array} parts
 * @returns {Bytes}
 */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * @param {number} value
 * @returns {Bytes}
 */
export function u32(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/**
 * @param {...(Uint8Array | string)} items a string is taken as UTF-8
 * @returns {Bytes}
 */
export function lp(...items) {
  return concat(
    ...items.flatMap((item) => {
      const bytes = typeof item === 'string' ? utf8(item) : item;
      return [u32(bytes.length), bytes];
    }),
  );
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} lower-case hex
 */
export function hex(bytes) {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/**
 * @param {string} text
 * @returns {boolean} lower-case hex of whole bytes, the only form LBE1 admits
 */
export function isHex(text) {
  return /^(?:[0-9a-f]{2})*$/.test(text);
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
export function unhex(text) {
  if (!isHex(text)) throw new TypeError('not lower-case hex');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function base64(bytes) {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
export function unbase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/**
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @returns {boolean} equal, looked at to the end whatever differs
 */
export function equal(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= /** @type {number} */ (a[i]) ^ /** @type {number} */ (b[i]);
  return difference === 0;
}
