// Withdrawal (撤回): a signed document by the submission key that names the envelope it ends. A replacement (修改) needs no
// document of its own: it is an envelope whose `prev` names its predecessor.

import { oneOf, hexOf, shape } from './shape.js';
import { openSigned, sign } from './signed.js';

/** @typedef {{v: 'LBW1', ann: string, env: string, prev: string}} Withdrawal */

const LABEL = 'LBE1/withdraw';
const withdrawalShape = shape({ v: oneOf('LBW1'), ann: hexOf(32), env: hexOf(16), prev: hexOf(32) });

/**
 * @param {{ann: string, env: string, envelope: string}} live the envelope withdrawn
 * @param {import('./suite.js').SigningKey} key
 * @returns {Promise<import('./signed.js').Signed>}
 */
export function makeWithdrawal({ ann, env, envelope }, key) {
  return sign(LABEL, { v: 'LBW1', ann, env, prev: envelope }, key);
}

/**
 * @param {string | Uint8Array | import('./signed.js').Signed} document
 * @param {string} publicKey hex, of the envelope named
 * @returns {Promise<Withdrawal>}
 */
export function readWithdrawal(document, publicKey) {
  return openSigned(LABEL, document, publicKey, withdrawalShape, 'sealing.withdrawal');
}
