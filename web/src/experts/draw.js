// The verifiable draw LBD1 again, the twin of `experts/draw.py` (docs/spec/lbd1.md): commitments, roots, seed, one permutation
// a specialty, and who is to be called. Pure; leaves are lower-case hex, everything else bytes.

import { H, hash } from '../bidding/sealing/suite.js';
import { concat, hex, unhex } from '../bidding/sealing/bytes.js';
import { root } from '../bidding/sealing/merkle.js';
import { demand } from '../bidding/sealing/refusal.js';

/** @typedef {import('../bidding/sealing/bytes.js').Bytes} Bytes */
/** @typedef {'called' | 'accepted' | 'declined' | 'unanswered' | 'recused' | 'absent'} Outcome */
/** @typedef {{specialty: string, quota: number, reserve: number}} Quota */
/** @typedef {{specialty: string, position: number}} Place */
/** @typedef {{state: 'calling' | 'complete' | 'exhausted', call: Place[], pending: Place[], seated: Place[], exhausted: string | null}} Progress */

const VALUE = /^[0-9a-z]{1,64}( [0-9a-z]{1,64}){0,31}$/;
const WORDS = 1n << 64n;

/**
 * @param {Bytes} ann 32 bytes
 * @param {string} party
 * @param {Bytes} r 32 bytes
 * @returns {Bytes}
 */
export function commitHash(ann, party, r) {
  demand(ann.length === 32 && r.length === 32, 'draw.commit.form');
  return H('LBD1/commit', ann, party, r);
}

/**
 * @param {string[]} leaves hex, in any order
 * @returns {string} RFC 6962 root over them, ascending, each once
 */
export function rosterRoot(leaves) {
  const sorted = [...leaves].sort();
  demand(new Set(sorted).size === sorted.length, 'draw.roster.twice');
  return hex(root(sorted.map(unhex)));
}

/**
 * @param {Bytes} ann
 * @param {string[]} roots of the specialties, hex
 * @param {{party: string, commit: string | null, r: string | null}[]} parties as announced
 * @param {(string | null)[]} beacons as announced, null where missing
 * @returns {Bytes}
 */
export function seedOf(ann, roots, parties, beacons) {
  /** @type {(Uint8Array | string)[]} */
  const items = ['LBD1/seed', ann, ...roots.map(unhex)];
  for (const { party, commit, r } of parties) {
    demand(r === null || (commit !== null && hex(commitHash(ann, party, unhex(r))) === commit), 'draw.reveal.other', { party });
    items.push(party, unhex(commit ?? ''), unhex(r ?? ''));
  }
  demand(beacons.filter((value) => value !== null).length === 1, 'draw.beacon.count');
  demand(beacons.every((value) => value === null || VALUE.test(value)), 'draw.beacon.form');
  return H(...items, ...beacons.map((value) => value ?? ''));
}

/** Unbiased numbers from a seed: SHA-256 over a counter, read as big-endian u64; what would bias them is thrown away. */
export class Stream {
  /**
   * @param {Bytes} seed
   * @param {string} specialty
   */
  constructor(seed, specialty) {
    this.key = H('LBD1/stream', seed, specialty);
    this.counter = 0n;
    /** @type {bigint[]} */
    this.words = [];
  }

  /**
   * @param {number} bound
   * @returns {number} the next of 0 … bound − 1
   */
  below(bound) {
    const wide = BigInt(bound);
    const usable = WORDS - (WORDS % wide);
    for (;;) {
      if (this.words.length === 0) {
        const counter = new Uint8Array(8);
        new DataView(counter.buffer).setBigUint64(0, this.counter);
        this.counter += 1n;
        const block = hash(concat(this.key, counter));
        const view = new DataView(block.buffer, block.byteOffset, 32);
        this.words = [24, 16, 8, 0].map((at) => view.getBigUint64(at));
      }
      const word = /** @type {bigint} */ (this.words.pop());
      if (word < usable) return Number(word % wide);
    }
  }
}

/**
 * Fisher–Yates from the front.
 * @param {Bytes} seed
 * @param {string} specialty
 * @param {number} n
 * @returns {number[]}
 */
export function permutation(seed, specialty, n) {
  const places = Array.from({ length: n }, (_, i) => i);
  const stream = new Stream(seed, specialty);
  for (let i = 0; i < n - 1; i++) {
    const j = i + stream.below(n - i);
    [places[i], places[j]] = [/** @type {number} */ (places[j]), /** @type {number} */ (places[i])];
  }
  return places;
}

/**
 * @param {Place} place
 * @returns {string} key of an outcome
 */
export const placeKey = ({ specialty, position }) => `${specialty}/${position}`;

/**
 * Who sits, who is being called, who comes next: a function of orders and answers alone.
 * @param {Map<string, string[]>} orders specialty → leaves as they are called
 * @param {Quota[]} quotas
 * @param {Map<string, Outcome>} outcomes by `placeKey`
 * @param {number} declines
 * @returns {Progress}
 */
export function panel(orders, quotas, outcomes, declines) {
  /** @type {{place: Place, outcome: Outcome}[]} */
  const known = [...outcomes].map(([key, outcome]) => {
    const cut = key.lastIndexOf('/');
    return { place: { specialty: key.slice(0, cut), position: Number(key.slice(cut + 1)) }, outcome };
  });
  const called = new Set(known.map(({ place }) => orders.get(place.specialty)?.[place.position]));
  /** @type {Progress} */
  const progress = { state: 'complete', call: [], pending: [], seated: [], exhausted: null };
  for (const { specialty, quota } of quotas) {
    const mine = known.filter(({ place }) => place.specialty === specialty).sort((a, b) => a.place.position - b.place.position);
    const seated = mine.filter(({ outcome }) => outcome === 'accepted').map(({ place }) => place);
    const pending = mine.filter(({ outcome }) => outcome === 'called').map(({ place }) => place);
    progress.seated.push(...seated);
    progress.pending.push(...pending);
    if (seated.length >= quota || progress.state !== 'complete') continue;
    const free = quota - seated.length - pending.length;
    /** @type {Place[]} */
    const call = [];
    for (const [position, leaf] of (orders.get(specialty) ?? []).entries()) {
      if (call.length >= free) break;
      if (!called.has(leaf)) call.push({ specialty, position });
    }
    const refused = mine.filter(({ outcome }) => outcome === 'declined' || outcome === 'unanswered').length;
    if (refused > declines || call.length < free) {
      progress.state = 'exhausted';
      progress.exhausted = specialty;
    } else {
      progress.state = 'calling';
      progress.call = call;
    }
  }
  return progress;
}

/**
 * @param {Map<string, Outcome>} outcomes
 * @returns {Map<string, Outcome>} what a continued draw begins with: who had accepted is called again, first as before
 */
export function carried(outcomes) {
  return new Map([...outcomes].filter(([, outcome]) => outcome !== 'accepted' && outcome !== 'called'));
}
