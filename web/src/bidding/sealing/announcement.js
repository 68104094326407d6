// The announcement (密钥公告): everything a sealed bid relies on, signed by all trustees. Nothing is sealed to keys that
// have not been found here with every signature good; `ann` = hash(body) pins it in the envelope.

import { hex, lp, unhex, utf8 } from './bytes.js';
import { demand } from './refusal.js';
import { arrayOf, hexOf, instant, integer, matching, oneOf, orNull, parse, partId, shape, string, subject, text } from './shape.js';
import { H, hash, smallOrderX25519, verifySignature } from './suite.js';

/** @typedef {{suite: number, phase: number, pk: string, kid: string}} TrusteeKey */
/** @typedef {{x: number, seat: string, organisation: string, sign: string, keys: TrusteeKey[]}} Trustee */
/** @typedef {{id: string, phase: number, pad: 'step' | 'padme', required: boolean}} Part */
/**
 * @typedef {object} Body
 * @property {string} subject
 * @property {number} version
 * @property {string | null} prev_ann
 * @property {string} deadline
 * @property {'trustees'} lock
 * @property {number} t
 * @property {number} n
 * @property {number[]} suites
 * @property {Trustee[]} trustees
 * @property {Part[]} parts
 * @property {number} min_envelopes
 * @property {string} release
 * @property {string} documents
 * @property {string} profile
 * @property {{origin: string, key: string}} log
 * @property {string} receipt_key
 * @property {{first: string, length: number, last_hour: number, last: string}} slots
 * @property {{keys: {name: string, key: string}[], quorum: number}} witness
 * @property {string} timestamp
 * @property {string} rescue
 */
/** @typedef {{ann: string, body: Body}} Announcement */

const SEATS = ['tenderer', 'agency', 'operator', 'supervisor', 'notary', 'bidders', 'industry', 'public'];

const trusteeShape = shape({
  x: integer(1, 16),
  seat: oneOf(...SEATS),
  organisation: text(1, 200),
  sign: hexOf(32),
  keys: arrayOf(shape({ suite: integer(1, 4), phase: integer(1, 9), pk: hexOf(32), kid: hexOf(16) })),
});

const bodyShape = shape({
  v: oneOf('LBA1'),
  subject,
  version: integer(1),
  prev_ann: orNull(hexOf(32)),
  deadline: instant,
  lock: oneOf('trustees', 'both'),
  t: integer(2, 16),
  n: integer(2, 16),
  suites: arrayOf(integer(1, 4)),
  trustees: arrayOf(trusteeShape),
  parts: arrayOf(shape({ id: partId, phase: integer(1, 9), pad: oneOf('step', 'padme'), required: oneOf(true, false) })),
  min_envelopes: integer(1),
  release: matching(/^(?:deadline|entry:[a-z0-9_.:-]{1,64})$/),
  documents: hexOf(32),
  profile: hexOf(32),
  log: shape({ origin: text(1, 200), key: hexOf(32) }),
  receipt_key: hexOf(32),
  slots: shape({ first: instant, length: integer(1), last_hour: integer(1), last: instant }),
  witness: shape({ keys: arrayOf(shape({ name: text(1, 200), key: hexOf(32) })), quorum: integer(0) }),
  timestamp: oneOf('witness', 'rfc3161'),
  rescue: matching(/^[a-z0-9-]{1,64}$/),
});

/**
 * @param {number} suite
 * @param {number} phase
 * @param {string} pk
 * @returns {string}
 */
export function keyId(suite, phase, pk) {
  return hex(H('LBE1/kid', new Uint8Array([suite]), new Uint8Array([phase]), unhex(pk)).slice(0, 16));
}

/** @param {unknown[]} values */
const distinct = (values) => new Set(values).size === values.length;

/** @param {Body} body */
function checkRules(body) {
  const rule = (/** @type {unknown} */ held, /** @type {string} */ what) => demand(held, `sealing.announcement.${what}`);
  rule(body.version === 1 ? body.prev_ann === null : body.prev_ann !== null, 'version');
  rule(body.t < body.n, 'threshold');
  rule(body.suites.length > 0 && body.suites.every((s, i, all) => i === 0 || /** @type {number} */ (all[i - 1]) < s), 'suites');
  rule(body.suites.includes(1), 'suites');
  rule(body.lock === 'trustees', 'lock');
  rule(body.parts.length >= 1 && body.parts.length <= 16 && distinct(body.parts.map((part) => part.id)), 'parts');
  rule(body.trustees.length === body.n && body.trustees.every((trustee, i) => trustee.x === i + 1), 'trustees');
  rule(distinct(body.trustees.map((trustee) => trustee.sign)), 'trustees');
  const phases = [...new Set(body.parts.map((part) => part.phase))].sort((a, b) => a - b);
  const wanted = body.suites.flatMap((suite) => phases.map((phase) => `${suite}/${phase}`)).join();
  for (const trustee of body.trustees) {
    rule(trustee.keys.map((key) => `${key.suite}/${key.phase}`).join() === wanted, 'keys');
    for (const key of trustee.keys) rule(key.kid === keyId(key.suite, key.phase, key.pk) && !smallOrderX25519(unhex(key.pk)), 'keys');
  }
  rule(distinct(body.trustees.flatMap((trustee) => trustee.keys.map((key) => key.pk))), 'keys');
  rule(distinct(body.witness.keys.map((key) => key.key)) && body.witness.quorum <= body.witness.keys.length, 'witness');
  rule(body.witness.keys.length === 0 ? body.witness.quorum === 0 : 2 * body.witness.quorum > body.witness.keys.length, 'witness');
  rule(body.slots.last === body.deadline && body.slots.first <= body.slots.last, 'slots');
}

/**
 * @param {string | Uint8Array} file
 * @returns {Promise<Announcement>} valid, signed by every trustee
 */
export async function readAnnouncement(file) {
  const outer = shape({ body: string, signatures: arrayOf(shape({ x: integer(1, 16), sig: hexOf(64) })) });
  /** @type {{body: string, signatures: {x: number, sig: string}[]}} */
  const { body: exact, signatures } = parse(file, outer, 'sealing.announcement.json');
  const body = /** @type {Body} */ (parse(exact, bodyShape, 'sealing.announcement.body'));
  checkRules(body);
  demand(signatures.length === body.n && signatures.every((signature, i) => signature.x === i + 1), 'sealing.announcement.signatures');
  for (const [i, { x, sig }] of signatures.entries()) {
    const trustee = /** @type {Trustee} */ (body.trustees[i]);
    const good = await verifySignature(unhex(trustee.sign), unhex(sig), lp('LBE1/announce', exact));
    demand(good, 'sealing.announcement.signatures', { x });
  }
  return { ann: hex(hash(utf8(exact))), body };
}

/**
 * @param {Announcement} announcement
 * @param {number} x
 * @param {number} phase
 * @returns {TrusteeKey} suite 1's
 */
export function trusteeKey(announcement, x, phase) {
  const trustee = announcement.body.trustees.find((candidate) => candidate.x === x);
  const key = trustee?.keys.find((candidate) => candidate.suite === 1 && candidate.phase === phase);
  demand(key, 'sealing.announcement.keys');
  return key;
}

/**
 * @param {Body} body
 * @returns {boolean} 保密强度降低: few or dependent hands could open bids early, and the page must say so
 */
export function reducedSecrecy(body) {
  const seats = body.trustees.map((trustee) => trustee.seat);
  const near = seats.filter((seat) => ['operator', 'tenderer', 'agency'].includes(seat)).length;
  return near >= body.t || seats.filter((seat) => seat === 'operator').length >= 2;
}
