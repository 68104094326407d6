// The announcement (密钥公告): everything a sealed bid relies on, signed by all trustees. Nothing is sealed to keys that
// have not been found here with every signature good; `ann` = hash(body) pins it in the envelope.

import { hex, lp, unhex, utf8 } from './bytes.js';
import { canonicalText } from './canonical.js';
import { demand } from './refusal.js';
import { arrayOf, hexOf, instant, integer, matching, oneOf, orNull, parse, partId, realInstant, shape, string, subject, text, whole } from './shape.js';
import { H, hash, soundKey, soundX25519, verifySignature } from './suite.js';

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

const PINNED = /** @type {const} */ (['subject', 'lock', 't', 'n', 'suites', 'trustees', 'parts']);

const trusteeShape = shape({
  x: whole,
  seat: oneOf(...SEATS),
  organisation: text(1, 200),
  sign: hexOf(32),
  keys: arrayOf(shape({ suite: whole, phase: integer(1, 9), pk: hexOf(32), kid: hexOf(16) })),
});

const bodyShape = shape({
  v: oneOf('LBA1'),
  subject,
  version: integer(1),
  prev_ann: orNull(hexOf(32)),
  deadline: instant,
  lock: oneOf('trustees', 'both'),
  t: whole,
  n: whole,
  suites: arrayOf(whole),
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
const sound = (/** @type {string} */ key) => soundKey(unhex(key));

/** @param {Body} body */
function keysRight(body) {
  const phases = [...new Set(body.parts.map((part) => part.phase))].sort((a, b) => a - b);
  const wanted = body.suites.flatMap((suite) => phases.map((phase) => `${suite}/${phase}`)).join();
  const keys = body.trustees.flatMap((trustee) => trustee.keys);
  return (
    body.trustees.every((trustee) => trustee.keys.map((key) => `${key.suite}/${key.phase}`).join() === wanted) &&
    distinct(keys.map((key) => key.pk)) &&
    keys.every((key) => key.kid === keyId(key.suite, key.phase, key.pk) && soundX25519(unhex(key.pk)))
  );
}

/** Checked in this order, as the Python twin does: a later rule may rely on an earlier one. @type {Record<string, (body: Body) => boolean>} */
const RULES = {
  version: (b) => (b.version === 1) === (b.prev_ann === null),
  lock: (b) => b.lock === 'trustees',
  threshold: (b) => b.t >= 2 && b.t < b.n && b.n <= 16,
  suites: (b) => b.suites.length === 1 && b.suites[0] === 1,
  trustees: (b) =>
    b.trustees.map((trustee) => trustee.x).join() === Array.from({ length: b.n }, (_, i) => i + 1).join() &&
    b.trustees.every((trustee) => sound(trustee.sign)) &&
    distinct(b.trustees.map((trustee) => trustee.sign)),
  parts: (b) => b.parts.length >= 1 && b.parts.length <= 16 && distinct(b.parts.map((part) => part.id)),
  keys: keysRight,
  log: (b) => sound(b.log.key),
  receipt_key: (b) => sound(b.receipt_key),
  slots: (b) => b.slots.last === b.deadline && b.slots.first < b.slots.last && realInstant(b.slots.first),
  deadline: (b) => realInstant(b.deadline),
  witness: ({ witness: { keys, quorum } }) =>
    distinct(keys.map((key) => key.name)) &&
    distinct(keys.map((key) => key.key)) &&
    quorum <= keys.length &&
    (2 * quorum > keys.length || keys.length === 0),
};

/**
 * @param {string | Uint8Array} file
 * @returns {Promise<Announcement>} valid, signed by every trustee
 */
export async function readAnnouncement(file) {
  const outer = shape({ body: string, signatures: arrayOf(shape({ x: whole, sig: string })) });
  /** @type {{body: string, signatures: {x: number, sig: string}[]}} */
  const { body: exact, signatures } = parse(file, outer, 'sealing.announcement.json');
  const body = /** @type {Body} */ (parse(exact, bodyShape, 'sealing.announcement.body'));
  for (const [name, held] of Object.entries(RULES)) demand(held(body), `sealing.announcement.${name}`);
  demand(signatures.map(({ x }) => x).join() === body.trustees.map(({ x }) => x).join(), 'sealing.announcement.signatures');
  for (const [i, { x, sig }] of signatures.entries()) {
    const { sign } = /** @type {Trustee} */ (body.trustees[i]);
    const good = hexOf(64)(sig) && (await verifySignature(unhex(sign), unhex(sig), lp('LBE1/announce', exact)));
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

/**
 * @param {Body} old
 * @param {Body} next
 * @returns {boolean} whether what was sealed under the old version stays valid under the next
 */
export function compatible(old, next) {
  return PINNED.every((name) => canonicalText(old[name]) === canonicalText(next[name]));
}
