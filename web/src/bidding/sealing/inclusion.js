// Proof that a receipt's promise was kept: the entry stands in its blind slot, the slot's seal in the journal, the journal under a
// checkpoint that the announced witnesses cosigned. Only when this holds may a page say 已封存 (sealed).
//
// The file is a C2SP tlog-proof of the slot's journal entry. Its `extra` is canonical JSON
//   {"leaf": journal entry (text), "entry": {"salt": hex32, "body": text}, "slot": {"slot","salt","root","width","index","path"}}

import { concat, hex, unbase64, unhex, utf8 } from './bytes.js';
import { parseCanonical } from './canonical.js';
import { readCheckpoint } from './checkpoint.js';
import { leafHash, verifyInclusion } from './merkle.js';
import { demand } from './refusal.js';
import { arrayOf, hexOf, integer, parse, shape, string } from './shape.js';
import { hash } from './suite.js';

/** @typedef {import('./announcement.js').Announcement} Announcement */
/** @typedef {import('./receipt.js').Receipt} Receipt */
/**
 * @typedef {object} Extra
 * @property {string} leaf
 * @property {{salt: string, body: string}} entry
 * @property {{slot: number, salt: string, root: string, width: number, index: number, path: string[]}} slot
 */

const FORMAT = 'sealing.inclusion.format';
const extraShape = shape({
  leaf: string,
  entry: shape({ salt: hexOf(32), body: string }),
  slot: shape({ slot: integer(0), salt: hexOf(32), root: hexOf(32), width: integer(1), index: integer(0), path: arrayOf(hexOf(32)) }),
});

/**
 * @param {string} text
 * @returns {{index: number, path: Uint8Array[], extra: Extra, checkpoint: string}}
 */
function readProof(text) {
  const gap = text.indexOf('\n\n');
  demand(gap > 0, FORMAT);
  const [header, extra = '', index = '', ...path] = text.slice(0, gap).split('\n');
  demand(header === 'c2sp.org/tlog-proof@v1' && extra.startsWith('extra ') && /^index (?:0|[1-9][0-9]{0,15})$/.test(index), FORMAT);
  try {
    return {
      index: Number(index.slice(6)),
      path: path.map(unbase64),
      extra: parse(unbase64(extra.slice(6)), extraShape, FORMAT),
      checkpoint: text.slice(gap + 2),
    };
  } catch (error) {
    if (error instanceof DOMException) demand(false, FORMAT); // atob's complaint
    throw error;
  }
}

/**
 * @param {string} text
 * @param {Receipt} receipt
 * @param {Announcement} announcement
 * @returns {Promise<{witnesses: string[], size: number, witnessed: boolean}>} refused unless everything is proved
 */
export async function verifyReceiptProof(text, receipt, announcement) {
  const { index, path, extra, checkpoint } = readProof(text);
  const { entry, slot, leaf } = extra;

  // The entry is the one the receipt promised (which readReceipt found to speak of what was sent).
  demand(entry.salt === receipt.salt, 'sealing.inclusion.entry');
  const entryLeaf = leafHash(concat(unhex(entry.salt), utf8(entry.body)));
  demand(hex(entryLeaf) === receipt.entry, 'sealing.inclusion.entry');

  // It is in the slot that was promised.
  demand(slot.slot === receipt.slot, 'sealing.inclusion.slot');
  const root = unhex(slot.root);
  demand(verifyInclusion(entryLeaf, slot.index, slot.width, slot.path.map(unhex), root), 'sealing.inclusion.slot');
  const seal = hex(hash(concat(unhex(slot.salt), root)));

  // The journal's entry seals that slot of this lot.
  const sealed = /** @type {{action?: unknown, subject?: unknown, payload?: {slot?: unknown, seal?: unknown}}} */ (parseCanonical(leaf));
  const { action, subject, payload } = sealed;
  demand(action === 'journal:slot:sealed' && subject === receipt.subject, 'sealing.inclusion.journal');
  demand(payload?.slot === slot.slot && payload.seal === seal, 'sealing.inclusion.journal');

  const { size, root: treeRoot, witnesses } = await readCheckpoint(checkpoint, announcement.body);
  demand(verifyInclusion(leafHash(utf8(leaf)), index, size, path, treeRoot), 'sealing.inclusion.journal');
  const { quorum } = announcement.body.witness;
  demand(witnesses.length >= quorum, 'sealing.inclusion.quorum', { found: witnesses.length, quorum });
  return { witnesses, size, witnessed: witnesses.length > 0 };
}
