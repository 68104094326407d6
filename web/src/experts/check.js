// A draw's public document computed again, step by step: the twin of `experts/proof/draw.py`, with the same steps and codes.
// What only the journal shows (that each step was witnessed before the next) is `trading verify`'s to check.

import { hex, lp, unhex } from '../bidding/sealing/bytes.js';
import { Refusal } from '../bidding/sealing/refusal.js';
import { hexOf, instant, integer, matching, oneOf, orNull, parse, shape, string, subject } from '../bidding/sealing/shape.js';
import { verifySignature } from '../bidding/sealing/suite.js';
import { code, parseAnnouncement } from './announcement.js';
import { carried, commitHash, panel, permutation, placeKey, rosterRoot, seedOf } from './draw.js';

/** @typedef {import('./draw.js').Outcome} Outcome */
/** @typedef {Record<string, string | number>} Facts */
/** @typedef {{name: string, state: 'held' | 'failed' | 'pending', code: string | null, facts: Facts}} Step */
/** @typedef {{entry: string, at: string}} Noted */
/** @typedef {{draw: string, call: string, specialty: string, position: number, leaf: string, outcome: Outcome, reason: string | null, pin: string | null, called_at: string, ends_at: string, answered_at: string}} Answer */
/** @typedef {{call: string, specialty: string, position: number, leaf: string, made: Noted, answer: string | null, answered: Noted | null}} Called */
/**
 * @typedef {{format: string, announcement: string, announced: Noted, rooted: Noted, leaves: string[],
 *   specialties: {specialty: string, codes: string[], root: string}[], commits: {party: string, commit: string, noted: Noted}[],
 *   reveals: {party: string, r: string, how: 'party' | 'escrow', noted: Noted}[], missing: {party: string, code: string}[], settled: Noted | null,
 *   beacons: {beacon: number, value: string | null, first: Noted, second: Noted}[], seed: string | null,
 *   orders: {specialty: string, places: number[]}[], calls: Called[],
 *   replaced: {specialty: string, position: number, outcome: Outcome, code: string, noted: Noted}[],
 *   panel: {specialty: string, position: number, leaf: number}[], completed: Noted | null}} Document
 */
/** @typedef {{document: Document, told: import('./announcement.js').Announcement, ann: import('../bidding/sealing/bytes.js').Bytes,
 *   eligible: Map<string, string[]>, orders: Map<string, string[]>, before: Reading | null, continued: boolean}} Reading */

export const FORMAT = 'trading-draw/1';
export const STEPS = ['announcement', 'roster', 'filter', 'commits', 'reveals', 'beacon', 'seed', 'order', 'calls', 'panel'];
const ELIGIBLE = 'eligible';
const WEEK = 7 * 24 * 3600 * 1000;
const ANSWER = shape({
  v: oneOf('LBG1'),
  draw: subject,
  specialty: code,
  position: integer(0),
  leaf: hexOf(32),
  call: hexOf(16),
  outcome: oneOf('accepted', 'declined', 'unanswered'),
  called_at: instant,
  ends_at: instant,
  answered_at: instant,
  reason: orNull(matching(/^(busy|away|ill|interest|other)$/)),
  pin: orNull(hexOf(32)),
});

/** What a step itself found wrong; anything else it stumbles over is a detail of it. */
class Mismatch extends Refusal {}

/**
 * @param {unknown} condition
 * @param {string} name
 * @param {Facts} [facts]
 * @returns {asserts condition}
 */
function hold(condition, name, facts) {
  if (!condition) throw new Mismatch(name, facts);
}

/**
 * @param {string[]} a
 * @param {string[]} b
 */
const same = (a, b) => a.length === b.length && a.every((item, i) => item === b[i]);

/**
 * @param {Document} document
 * @param {Document[]} [earlier] the draws of the same lot before it, in order
 * @returns {Promise<Step[]>}
 */
export async function check(document, earlier = []) {
  /** @type {Step[]} */
  const steps = [];
  /** @type {Reading | undefined} */
  let reading;
  for (const name of STEPS) {
    try {
      reading ??= read(document, earlier);
      const facts = await CHECKS[name]?.(reading);
      steps.push({ name, state: facts ? 'held' : 'pending', code: null, facts: facts ?? {} });
    } catch (error) {
      if (error instanceof Mismatch) steps.push({ name, state: 'failed', code: error.code, facts: error.params });
      else steps.push({ name, state: 'failed', code: `draw.${name}`, facts: { detail: error instanceof Refusal ? error.code : String(error) } });
    }
  }
  return steps;
}

/**
 * @param {Document} document
 * @param {Document[]} earlier
 * @returns {Reading}
 */
function read(document, earlier) {
  // What was cancelled before it had a seed left nothing that could go on.
  const drawn = earlier.filter(({ seed }) => seed !== null);
  const last = drawn.at(-1);
  const before = last ? read(last, drawn.slice(0, -1)) : null;
  const { told, ann } = parseAnnouncement(document.announcement);
  const eligible = new Map(
    document.specialties.map(({ specialty, codes }) => {
      if (codes.length !== document.leaves.length) throw new RangeError(specialty);
      return [specialty, document.leaves.filter((_, i) => codes[i] === ELIGIBLE)];
    }),
  );
  const orders = new Map(document.orders.map(({ specialty, places }) => [specialty, places.map((place) => eligible.get(specialty)?.[place] ?? '')]));
  return { document, told, ann, eligible, orders, before, continued: told.previous?.rule === 'continued' };
}

/** @type {Record<string, (reading: Reading) => Facts | null | Promise<Facts | null>>} */
const CHECKS = { announcement, roster, filter, commits, reveals, beacon, seed, order, calls, panel: panelHeld };

/** @param {Reading} reading */
function announcement({ told, ann, document, before }) {
  if (before?.document.seed) {
    hold(told.previous?.ann === hex(before.ann) && told.lot === before.told.lot, 'draw.rerolled');
    const kept = same(before.document.specialties.map(({ root }) => root), document.specialties.map(({ root }) => root));
    // The same people in another order would be a second throw of the dice.
    hold(kept === (told.previous.rule === 'continued'), 'draw.rerolled', { rule: told.previous.rule });
  } else {
    hold(told.previous === null, 'draw.rerolled', { detail: 'no draw before it' });
  }
  return { ann: hex(ann) };
}

/** @param {Reading} reading */
function roster({ told, document }) {
  const { leaves } = document;
  const ordered = same(leaves, [...leaves].sort());
  hold(ordered && leaves.length === told.roster.size && rosterRoot(leaves) === told.roster.root, 'draw.roster', { size: leaves.length });
  hold(Date.parse(document.announced.at) - Date.parse(document.rooted.at) >= WEEK, 'draw.roster.young', { at: document.rooted.at });
  return { size: leaves.length, root: told.roster.root };
}

/** @param {Reading} reading */
function filter({ told, document, eligible }) {
  hold(same(document.specialties.map(({ specialty }) => specialty), told.quotas.map(({ specialty }) => specialty)), 'draw.filter', { detail: 'specialties' });
  for (const [i, { specialty, root }] of document.specialties.entries()) {
    const found = eligible.get(specialty) ?? [];
    const { quota = 0, reserve = 0 } = told.quotas[i] ?? {};
    const least = 3 * (quota + reserve);
    hold(rosterRoot(found) === root, 'draw.filter', { specialty });
    hold(found.length >= least, 'draw.filter.few', { specialty, count: found.length, least });
  }
  return { counts: [...eligible].map(([specialty, found]) => `${specialty} ${found.length}`).join(' · ') };
}

/** A continued draw throws no new dice. @param {unknown[]} items @param {string} name */
function none(items, name) {
  hold(items.length === 0, name, { detail: 'continued' });
  return { count: 0, missing: 0, name: '', issue: '', value: '' };
}

/** @param {Reading} reading */
function commits({ told, document, continued }) {
  const names = document.commits.map(({ party }) => party);
  hold(new Set(names).size === names.length && names.every((name) => told.parties.includes(name)), 'draw.commits', { parties: names.join(', ') });
  if (continued) return none(names, 'draw.commits');
  for (const { party, noted } of document.commits) {
    hold(document.announced.at <= noted.at && noted.at <= told.commit_until, 'draw.commits.late', { party, at: noted.at });
  }
  return names.length || document.settled ? { count: names.length } : null;
}

/** @param {Reading} reading */
function reveals({ told, ann, document, continued }) {
  if (continued) return none([...document.reveals, ...document.missing], 'draw.reveals');
  if (!document.settled) return null;
  const committed = new Map(document.commits.map(({ party, commit }) => [party, commit]));
  for (const { party, r, how, noted } of document.reveals) {
    const until = how === 'party' ? told.reveal_until : told.settled_by;
    hold(told.commit_until < noted.at && noted.at <= until, 'draw.reveals.late', { party, at: noted.at });
    hold(hex(commitHash(ann, party, unhex(r))) === committed.get(party), 'draw.reveals', { party });
  }
  const named = [...document.reveals, ...document.missing].map(({ party }) => party);
  const silent = document.missing.filter((item) => item.code === 'uncommitted').map(({ party }) => party);
  const absent = told.parties.filter((party) => !committed.has(party));
  hold(same(named.toSorted(), told.parties.toSorted()) && same(silent.toSorted(), absent.toSorted()), 'draw.reveals', { parties: named.join(', ') });
  return { count: document.reveals.length, missing: document.missing.length };
}

/** @param {Reading} reading */
function beacon({ told, document, continued }) {
  if (continued) return none(document.beacons, 'draw.beacon');
  const shown = document.beacons;
  if (shown.length === 0) return null;
  hold(shown.every(({ beacon: number, value }, i) => number === i && (value === null || i === shown.length - 1)), 'draw.beacon', { detail: 'order' });
  hold(shown.length <= told.beacons.length, 'draw.beacon', { detail: 'not announced' });
  for (const { first, second } of shown) {
    hold(first.entry !== second.entry, 'draw.beacon', { detail: 'one witness' });
    const at = first.at < second.at ? first.at : second.at;
    hold(at >= told.beacon_at, 'draw.beacon.early', { at });
  }
  const value = shown.at(-1)?.value;
  const used = told.beacons[shown.length - 1];
  return value && used ? { name: used.name, issue: used.issue, value } : null;
}

/** @param {Reading} reading */
function seed({ told, ann, document, before, continued }) {
  if (document.seed === null) return null;
  let known = before?.document.seed ?? '';
  if (!continued) {
    const committed = new Map(document.commits.map(({ party, commit }) => [party, commit]));
    const shown = new Map(document.reveals.map(({ party, r }) => [party, r]));
    const values = new Map(document.beacons.map((item) => [item.beacon, item.value]));
    const parties = told.parties.map((party) => ({ party, commit: committed.get(party) ?? null, r: shown.get(party) ?? null }));
    const typed = told.beacons.map((_, i) => values.get(i) ?? null);
    known = hex(seedOf(ann, document.specialties.map(({ root }) => root), parties, typed));
  }
  hold(known === document.seed, 'draw.seed', { shown: document.seed, computed: known });
  return { seed: known };
}

/** @param {Reading} reading */
function order({ document, eligible }) {
  if (document.seed === null) return null;
  hold(same(document.orders.map(({ specialty }) => specialty), document.specialties.map(({ specialty }) => specialty)), 'draw.order', { detail: 'specialties' });
  let count = 0;
  for (const { specialty, places } of document.orders) {
    const computed = permutation(unhex(document.seed), specialty, eligible.get(specialty)?.length ?? 0);
    hold(same(computed.map(String), places.map(String)), 'draw.order', { specialty });
    count += places.length;
  }
  return { count };
}

/** @param {Reading} reading */
async function calls(reading) {
  const { document } = reading;
  if (document.calls.length === 0) return null;
  const outcomes = [...(await replay(reading)).values()];
  const refused = outcomes.filter((outcome) => outcome === 'declined' || outcome === 'unanswered').length;
  return { count: document.calls.length, refused, replaced: document.replaced.length };
}

/** @param {Reading} reading */
async function panelHeld(reading) {
  const { document, told, orders } = reading;
  if (!document.completed) {
    hold(document.panel.length === 0, 'draw.panel', { detail: 'not complete' });
    return null;
  }
  const progress = panel(orders, told.quotas, await replay(reading), told.declines);
  const seats = progress.seated.map(({ specialty, position }) => `${specialty}/${position}/${document.leaves.indexOf(orders.get(specialty)?.[position] ?? '')}`);
  const shown = document.panel.map(({ specialty, position, leaf }) => `${specialty}/${position}/${leaf}`);
  hold(progress.state === 'complete' && same(seats, shown), 'draw.panel', { shown: shown.length, computed: seats.length });
  return { count: seats.length };
}

/** At one instant an answer comes before what follows from it. @param {Document} document */
function events(document) {
  /** @type {{rank: number, at: string, call: Called | null, replaced: Document['replaced'][number] | null}[]} */
  const found = document.calls.map((call) => ({ rank: 2, at: call.made.at, call, replaced: null }));
  for (const call of document.calls) if (call.answered) found.push({ rank: 0, at: call.answered.at, call, replaced: null });
  for (const replaced of document.replaced) found.push({ rank: 1, at: replaced.noted.at, call: null, replaced });
  return found.sort((a, b) => (a.at === b.at ? a.rank - b.rank : a.at < b.at ? -1 : 1));
}

/**
 * @param {Reading} reading
 * @returns {Promise<Map<string, Outcome>>} after every event; refuses one that does not follow from those before
 */
async function replay(reading) {
  const { document, told, orders, before, continued } = reading;
  const outcomes = continued && before ? carried(await replay(before)) : new Map();
  const twice = new Set(document.calls.map(({ call }) => call)).size !== document.calls.length;
  hold(!twice && document.calls.every((call) => (call.answer === null) === (call.answered === null)), 'draw.calls', { detail: 'twice' });
  for (const { rank, call, replaced } of events(document)) {
    const place = /** @type {import('./draw.js').Place} */ (call ?? replaced);
    const key = placeKey(place);
    const where = { specialty: place.specialty, position: place.position };
    if (replaced) {
      hold(outcomes.get(key) === 'accepted', 'draw.calls.replaced', where);
      outcomes.set(key, replaced.outcome);
    } else if (call && rank === 2) {
      const next = panel(orders, told.quotas, outcomes, told.declines).call.map(placeKey);
      hold(next.includes(key) && orders.get(place.specialty)?.[place.position] === call.leaf, 'draw.calls', where);
      outcomes.set(key, 'called');
    } else if (call) {
      hold(outcomes.get(key) === 'called', 'draw.calls', where);
      outcomes.set(key, await answered(call, reading));
    }
  }
  return outcomes;
}

/**
 * Whether the person had the announced time to answer in, from the call on, and the outcome is of that time.
 * @param {Answer} answer
 * @param {string} made
 * @param {number} seconds
 */
function inWindow({ outcome, called_at: begins, ends_at: ends, answered_at: at }, made, seconds) {
  if (begins < made || Date.parse(ends) - Date.parse(begins) < seconds * 1000) return false;
  return outcome === 'unanswered' ? at >= ends : begins <= at && at <= ends;
}

/**
 * @param {Called} call
 * @param {Reading} reading
 * @returns {Promise<Outcome>} what the announced gateway signed of this very call
 */
async function answered(call, { told }) {
  const where = { specialty: call.specialty, position: call.position };
  try {
    const { record, signature } = /** @type {{record: string, signature: string}} */ (
      parse(call.answer ?? '', shape({ record: string, signature: hexOf(64) }), 'draw.calls.answer')
    );
    const answer = /** @type {Answer} */ (
      parse(record, ANSWER, 'draw.calls.answer')
    );
    const whole = (answer.reason !== null) === (answer.outcome === 'declined') && (answer.pin !== null) === (answer.outcome === 'accepted');
    const ours = answer.draw === told.subject && answer.call === call.call && answer.specialty === call.specialty && answer.position === call.position;
    hold(whole && ours && inWindow(answer, call.made.at, told.call_window), 'draw.calls.answer');
    hold(await verifySignature(unhex(told.gateway), unhex(signature), lp('LBD1/answer', record)), 'draw.calls.answer');
    hold(answer.leaf === call.leaf, 'draw.calls.person');
    return answer.outcome;
  } catch (error) {
    if (error instanceof Refusal) throw new Mismatch(error.code === 'draw.calls.person' ? error.code : 'draw.calls.answer', where);
    throw error;
  }
}
