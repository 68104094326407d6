// The envelope (密封信封): core names every part by its roots and commitments, shares carry the keys to the trustees,
// sig binds both to the bidder's submission key. It is kept and checked as the exact text that was signed.

import { hex, lp, unhex, utf8 } from './bytes.js';
import { canonicalText } from './canonical.js';
import { trusteeKey } from './announcement.js';
import { possibleSize } from './object.js';
import { demand } from './refusal.js';
import { hexOf, oneOf, orNull, parse, shape, string, subject, whole } from './shape.js';
import { split } from './shamir.js';
import { H, hash, hpkeSeal, soundKey, soundX25519, verifySignature } from './suite.js';

/** @typedef {import('./announcement.js').Announcement} Announcement */
/** @typedef {import('./suite.js').SigningKey} SigningKey */
/** @typedef {{id: string, kc: string, obj: string, size: number, sc: string[]}} PartEntry */
/**
 * @typedef {object} Core
 * @property {'LBE1'} v
 * @property {number} suite
 * @property {string} subject
 * @property {string} ann
 * @property {string | null} ack
 * @property {string} env
 * @property {string | null} prev
 * @property {string} key
 * @property {PartEntry[]} parts
 */
/** @typedef {{part: string, x: number, kid: string, enc: string, ct: string}} Share */
/** @typedef {{text: string, digest: string, core: Core, shares: Share[]}} Envelope */
/** @typedef {{x: number, y: import('./bytes.js').Bytes}} Dealt */

export const LARGEST = 262_144;
const SUITE = 1;
const byte = (/** @type {number} */ x) => new Uint8Array([x]);

/**
 * @param {string} env
 * @param {string} part
 * @param {Uint8Array} ck
 * @returns {string} kc
 */
export function keyCommitment(env, part, ck) {
  return hex(H('LBE1/key', unhex(env), part, ck));
}

/**
 * @param {string} env
 * @param {string} part
 * @param {Dealt} share
 * @returns {string} one of sc
 */
export function shareCommitment(env, part, { x, y }) {
  return hex(H('LBE1/share', unhex(env), part, byte(x), y));
}

/**
 * @param {Uint8Array} coreHash
 * @param {string} part
 * @param {number} x
 * @param {string} kid
 * @returns {import('./bytes.js').Bytes} what a sealed share is bound to
 */
export function shareInfo(coreHash, part, x, kid) {
  return lp('LBE1/hpke', coreHash, part, byte(x), unhex(kid));
}

/**
 * Deals one part's key and describes the part.
 * @param {Announcement} announcement
 * @param {string} env
 * @param {string} part
 * @param {Uint8Array} ck
 * @param {{root: string, size: number}} object
 * @returns {{entry: PartEntry, dealt: Dealt[]}}
 */
export function deal(announcement, env, part, ck, object) {
  const { t, n } = announcement.body;
  const dealt = split(ck, t, Array.from({ length: n }, (_, i) => i + 1));
  const sc = dealt.map((share) => shareCommitment(env, part, share));
  return { entry: { id: part, kc: keyCommitment(env, part, ck), obj: object.root, size: object.size, sc }, dealt };
}

/**
 * @param {Announcement} announcement
 * @param {Core} core
 * @param {Map<string, Dealt[]>} dealt by part
 * @param {SigningKey} key
 * @returns {Promise<Envelope>}
 */
export async function sealEnvelope(announcement, core, dealt, key) {
  const coreText = canonicalText(core);
  const coreHash = hash(utf8(coreText));
  /** @type {Share[]} */
  const shares = [];
  for (const { id } of core.parts) {
    const phase = announcement.body.parts.find((part) => part.id === id)?.phase ?? 0;
    for (const { x, y } of dealt.get(id) ?? []) {
      const { pk, kid } = trusteeKey(announcement, x, phase);
      const { enc, ct } = await hpkeSeal(unhex(pk), shareInfo(coreHash, id, x, kid), y);
      shares.push({ part: id, x, kid, enc: hex(enc), ct: hex(ct) });
    }
  }
  const sharesText = canonicalText(shares);
  const sig = hex(await key.sign(lp('LBE1/sig', coreText, sharesText)));
  // What leaves this machine is what a verifier would accept.
  return readEnvelope(canonicalText({ core: coreText, shares: sharesText, sig }), announcement);
}

/** @param {unknown} held @param {string} code */
function check(held, code) {
  demand(held, `sealing.${code}`);
}

/** @type {import('./shape.js').Test} */
const list = (value) => Array.isArray(value);
/** Types only: which value is wrong is said by its own code below. */
const coreShape = shape({ v: string, suite: whole, subject: string, ann: string, ack: orNull(string), env: string, prev: orNull(string), key: string, parts: list });
const partShape = shape({ id: string, kc: string, obj: string, size: whole, sc: (value) => Array.isArray(value) && value.every(string) });
const shareShape = shape({ part: string, x: whole, kid: string, enc: string, ct: string });

/**
 * @param {Core} core
 * @param {Announcement} announcement
 */
function checkParts(core, { body }) {
  const announced = body.parts.map((part) => part.id);
  const present = core.parts.map((part) => part.id);
  check(announced.filter((id) => present.includes(id)).join() === present.join(), 'envelope.parts');
  check(body.parts.every((part) => !part.required || present.includes(part.id)), 'envelope.parts');
  for (const { id, kc, obj, size, sc } of core.parts) {
    const { pad } = /** @type {import('./announcement.js').Part} */ (body.parts.find((part) => part.id === id));
    check(hexOf(32)(kc), 'part.kc');
    check(hexOf(32)(obj), 'part.obj');
    check(possibleSize(size, pad), 'part.size');
    check(sc.length === body.n && sc.every(hexOf(32)), 'part.sc');
  }
}

/**
 * @param {string | Uint8Array} file
 * @param {Announcement} announcement
 * @returns {Promise<Envelope>} verified; refusals in the specification's order
 */
export async function readEnvelope(file, announcement) {
  const bytes = typeof file === 'string' ? utf8(file) : file;
  check(bytes.length <= LARGEST, 'envelope.size');
  /** @type {{core: string, shares: string, sig: string}} */
  const outer = parse(bytes, shape({ core: string, shares: string, sig: string }), 'sealing.envelope.json');
  const core = /** @type {Core} */ (parse(outer.core, coreShape, 'sealing.envelope.core'));
  check(core.parts.every(partShape), 'envelope.core');
  const shares = /** @type {Share[]} */ (parse(outer.shares, (value) => Array.isArray(value) && value.every(shareShape), 'sealing.envelope.shares'));

  check(oneOf('LBE1')(core.v), 'envelope.version');
  check(core.suite === SUITE && announcement.body.suites.includes(SUITE), 'envelope.suite');
  check(subject(core.subject) && core.subject === announcement.body.subject, 'envelope.subject');
  check(core.ann === announcement.ann, 'envelope.ann');
  check(orNull(hexOf(32))(core.ack), 'envelope.ack');
  check(hexOf(16)(core.env), 'envelope.env');
  check(orNull(hexOf(32))(core.prev), 'envelope.prev');
  check(hexOf(32)(core.key) && soundKey(unhex(core.key)), 'envelope.key');
  checkParts(core, announcement);

  const wanted = core.parts.flatMap(({ id }) => announcement.body.trustees.map(({ x }) => `${id}/${x}`));
  check(shares.map(({ part, x }) => `${part}/${x}`).join() === wanted.join(), 'shares.order');
  for (const { part, x, kid, enc, ct } of shares) {
    const phase = announcement.body.parts.find((candidate) => candidate.id === part)?.phase ?? 0;
    check(kid === trusteeKey(announcement, x, phase).kid, 'share.kid');
    check(hexOf(32)(enc) && soundX25519(unhex(enc)), 'share.enc');
    check(hexOf(48)(ct), 'share.ct');
  }
  check(hexOf(64)(outer.sig), 'envelope.sig');
  check(await verifySignature(unhex(core.key), unhex(outer.sig), lp('LBE1/sig', outer.core, outer.shares)), 'envelope.sig');
  return { text: new TextDecoder().decode(bytes), digest: hex(hash(bytes)), core, shares };
}
