// Receipt (回执) and refusal (拒收): what the platform signed about a submission. A receipt promises a place in one slot by
// `merge_by`; until the journal proves that place (inclusion.js) it is a promise and no more. The slot's entry can be written out by
// whoever knows what he sent, so a promise about anything else is noticed at once.

import { concat, hex, unhex } from './bytes.js';
import { canonical } from './canonical.js';
import { leafHash } from './merkle.js';
import { demand } from './refusal.js';
import { hexOf, instant, integer, matching, oneOf, shape, subject } from './shape.js';
import { openSigned } from './signed.js';

/** @typedef {import('./announcement.js').Announcement} Announcement */
/** @typedef {import('./signed.js').Signed} Signed */
/**
 * @typedef {object} Receipt
 * @property {'commit' | 'withdraw'} kind
 * @property {string} subject
 * @property {string} ann
 * @property {string} hash
 * @property {string} received_at
 * @property {number} slot
 * @property {string} entry
 * @property {string} salt
 * @property {string} merge_by
 */
/**
 * What was sent; of a withdrawal `ann`, `env`, `key` are those of the envelope withdrawn and `prev` is its digest.
 * @typedef {{hash: string, ann: string, env: string, key: string, prev: string | null}} Sent
 */
/** @typedef {{subject: string, ann: string, hash: string, refused_at: string, deadline: string, code: string}} LateRefusal */

const receiptShape = shape({
  v: oneOf('LBR1'),
  kind: oneOf('commit', 'withdraw'),
  subject,
  ann: hexOf(32),
  hash: hexOf(32),
  received_at: instant,
  slot: integer(0),
  entry: hexOf(32),
  salt: hexOf(32),
  merge_by: instant,
});

const refusalShape = shape({
  v: oneOf('LBN1'),
  subject,
  ann: hexOf(32),
  hash: hexOf(32),
  refused_at: instant,
  deadline: instant,
  code: matching(/^[a-z0-9_.]{1,64}$/),
});

const ACTIONS = { commit: 'lot:envelope:committed', withdraw: 'lot:envelope:withdrawn' };

/**
 * @param {Receipt} receipt
 * @param {Sent} sent
 * @returns {string} leaf hash of the slot's entry about what was sent
 */
export function entryOf({ kind, subject: lot, received_at: at, salt }, { hash, ann, env, key, prev }) {
  const body = canonical({ v: 'LBX1', action: ACTIONS[kind], subject: lot, hash, at, ann, env, key, prev });
  return hex(leafHash(concat(unhex(salt), body)));
}

/**
 * @param {string | Uint8Array | Signed} document
 * @param {Announcement} announcement
 * @param {Sent} sent
 * @returns {Promise<Receipt>}
 */
export async function readReceipt(document, announcement, sent) {
  const { receipt_key: key, subject: lot } = announcement.body;
  /** @type {Receipt} */
  const receipt = await openSigned('LBE1/receipt', document, key, receiptShape, 'sealing.receipt');
  demand(receipt.subject === lot && receipt.ann === sent.ann, 'sealing.receipt.announcement');
  demand(receipt.hash === sent.hash, 'sealing.receipt.hash');
  demand(receipt.entry === entryOf(receipt, sent), 'sealing.receipt.entry');
  return receipt;
}

/**
 * @param {string | Uint8Array | Signed} document
 * @param {Announcement} announcement
 * @param {Sent} sent
 * @returns {Promise<LateRefusal>}
 */
export async function readRefusal(document, announcement, sent) {
  /** @type {LateRefusal} */
  const refusal = await openSigned('LBE1/refusal', document, announcement.body.receipt_key, refusalShape, 'sealing.refusal');
  demand(refusal.subject === announcement.body.subject && refusal.ann === sent.ann, 'sealing.refusal.announcement');
  demand(refusal.hash === sent.hash, 'sealing.refusal.hash');
  return refusal;
}
