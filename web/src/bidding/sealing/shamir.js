// Shamir's secret sharing over GF(256) (the AES polynomial), byte by byte, x = the trustee's seat.
// No tables: a table look-up indexed by a secret byte is a cache timing leak.

import { demand } from './refusal.js';

/** @typedef {import('./bytes.js').Bytes} Bytes */
/** @typedef {{x: number, y: Uint8Array}} Share */

/**
 * @param {number} a
 * @param {number} b
 * @returns {number} the product in GF(256), in eight steps whatever the values
 */
export function multiply(a, b) {
  let product = 0;
  for (let i = 0; i < 8; i++) {
    product ^= -(b & 1) & a;
    a = ((a << 1) ^ (-(a >> 7) & 0x11b)) & 0xff;
    b >>= 1;
  }
  return product;
}

/**
 * @param {number} a
 * @returns {number} a^254, the inverse of a (of 0: 0)
 */
function inverse(a) {
  let result = 1;
  let power = a;
  for (let i = 1; i < 8; i++) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

/**
 * @param {Uint8Array[]} coefficients constant term (the secret) first
 * @param {number} x
 * @returns {Bytes}
 */
export function evaluate(coefficients, x) {
  const size = /** @type {Uint8Array} */ (coefficients[0]).length;
  const y = new Uint8Array(size);
  for (let k = coefficients.length - 1; k >= 0; k--) {
    const coefficient = /** @type {Uint8Array} */ (coefficients[k]);
    for (let i = 0; i < size; i++) {
      y[i] = multiply(/** @type {number} */ (y[i]), x) ^ /** @type {number} */ (coefficient[i]);
    }
  }
  return y;
}

/**
 * @param {Uint8Array} secret
 * @param {number} t how many shares open it
 * @param {number[]} seats
 * @param {Uint8Array[]} [coefficients] the t - 1 higher coefficients, given only by test vectors
 * @returns {{x: number, y: Bytes}[]}
 */
export function split(secret, t, seats, coefficients) {
  demand(t >= 1 && seats.length >= t, 'sealing.shamir.threshold');
  demand(new Set(seats).size === seats.length && seats.every((x) => Number.isInteger(x) && x >= 1 && x <= 255), 'sealing.shamir.seats');
  const higher = coefficients ?? Array.from({ length: t - 1 }, () => crypto.getRandomValues(new Uint8Array(secret.length)));
  demand(higher.length === t - 1 && higher.every((c) => c.length === secret.length), 'sealing.shamir.threshold');
  return seats.map((x) => ({ x, y: evaluate([secret, ...higher], x) }));
}

/**
 * @param {Share[]} shares as many as the polynomial's threshold, distinct seats
 * @param {number} [at] 0 gives the secret, another seat that seat's share
 * @returns {Bytes}
 */
export function interpolate(shares, at = 0) {
  const size = shares[0]?.y.length ?? 0;
  demand(size > 0 && shares.every((share) => share.y.length === size), 'sealing.shamir.length');
  demand(new Set(shares.map((share) => share.x)).size === shares.length, 'sealing.shamir.seats');
  const result = new Uint8Array(size);
  for (const { x, y } of shares) {
    let weight = 1;
    for (const other of shares) {
      if (other.x !== x) weight = multiply(weight, multiply(at ^ other.x, inverse(x ^ other.x)));
    }
    for (let i = 0; i < size; i++) result[i] = /** @type {number} */ (result[i]) ^ multiply(weight, /** @type {number} */ (y[i]));
  }
  return result;
}
