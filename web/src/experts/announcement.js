// The announcement of a draw (抽取公告) from its exact text, every rule checked: the twin of `parse_announcement`.

import { unhex, utf8 } from '../bidding/sealing/bytes.js';
import { demand } from '../bidding/sealing/refusal.js';
import { arrayOf, hexOf, instant, integer, matching, oneOf, orNull, parse, realInstant, shape, subject, text } from '../bidding/sealing/shape.js';
import { hash, soundKey } from '../bidding/sealing/suite.js';

/**
 * @typedef {{subject: string, lot: string, quotas: import('./draw.js').Quota[], declines: number, call_window: number, commit_until: string,
 *   reveal_until: string, settled_by: string, beacon_at: string, beacons: {kind: string, name: string, issue: string}[], parties: string[],
 *   roster: {root: string, size: number, at: string}, gateway: string, previous: {ann: string, rule: 'continued' | 'reseeded'} | null}} Announcement
 */

export const code = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);
const shortText = text(1, 200);
const SHAPE = shape({
  v: oneOf('LBDA1'),
  algorithm: oneOf('LBD1'),
  subject,
  lot: subject,
  quotas: arrayOf(shape({ specialty: code, quota: integer(1, 99), reserve: integer(0, 99) })),
  declines: integer(0),
  call_window: integer(1),
  regions: arrayOf(shortText),
  apart: arrayOf(shortText),
  commit_until: instant,
  reveal_until: instant,
  settled_by: instant,
  beacon_at: instant,
  beacons: arrayOf(shape({ kind: oneOf('lottery', 'drand', 'index'), name: shortText, issue: shortText })),
  parties: arrayOf(code),
  roster: shape({ root: hexOf(32), size: integer(1), at: instant }),
  gateway: hexOf(32),
  previous: orNull(shape({ ann: hexOf(32), rule: oneOf('continued', 'reseeded') })),
});
const AFTER_REVEALS = 10 * 60 * 1000;

/**
 * @param {string[]} items
 * @param {number} least
 * @param {number} most
 */
const distinct = (items, least, most) => items.length >= least && items.length <= most && new Set(items).size === items.length;

/**
 * @param {string} raw exact text
 * @returns {{told: Announcement, ann: import('../bidding/sealing/bytes.js').Bytes}}
 */
export function parseAnnouncement(raw) {
  const told = /** @type {Announcement} */ (parse(raw, SHAPE, 'draw.announcement.body'));
  const times = [told.commit_until, told.reveal_until, told.settled_by, told.beacon_at];
  const [commit = 0, reveal = 0, settled = 0, beacon = 0] = times.map((at) => Date.parse(at));
  const ordered = times.every(realInstant) && commit < reveal && reveal < settled && settled + AFTER_REVEALS <= beacon;
  demand(told.subject.startsWith('draw:'), 'draw.announcement.subject');
  demand(distinct(told.quotas.map(({ specialty }) => specialty), 1, 32), 'draw.announcement.quotas');
  demand(ordered, 'draw.announcement.times');
  demand(distinct(told.beacons.map((item) => JSON.stringify([item.kind, item.name, item.issue])), 2, 4), 'draw.announcement.beacons');
  demand(distinct(told.parties, 2, 8), 'draw.announcement.parties');
  demand(soundKey(unhex(told.gateway)), 'draw.announcement.gateway');
  demand(realInstant(told.roster.at) && Date.parse(told.roster.at) < commit, 'draw.announcement.roster');
  return { told, ann: hash(utf8(raw)) };
}
