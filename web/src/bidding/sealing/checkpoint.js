// A witnessed checkpoint of the journal (C2SP signed-note, tlog-checkpoint, tlog-cosignature), checked against the log and
// witness keys that the announcement pins: without the quorum of cosignatures nothing counts as witnessed.

import { base64, concat, equal, unbase64, unhex, utf8 } from './bytes.js';
import { demand } from './refusal.js';
import { hash, verifySignature } from './suite.js';

/** @typedef {import('./announcement.js').Body} AnnouncementBody */
/** @typedef {{name: string, id: Uint8Array, value: Uint8Array}} Line */
/** @typedef {{size: number, root: Uint8Array, witnesses: string[], text: string}} Checkpoint */

const CODE = 'sealing.inclusion.checkpoint';
const NOTE_KEY = 0x01;
const COSIGNATURE = 0x04;

/**
 * @param {string} name
 * @param {number} kind
 * @param {Uint8Array} key
 */
function keyId(name, kind, key) {
  return hash(concat(utf8(`${name}\n`), new Uint8Array([kind]), key)).subarray(0, 4);
}

/**
 * @param {string} note
 * @returns {{text: string, lines: Line[]}}
 */
function readNote(note) {
  const gap = note.lastIndexOf('\n\n');
  demand(gap > 0 && note.endsWith('\n'), CODE);
  const lines = note.slice(gap + 2, -1).split('\n').map((line) => {
    const match = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/.exec(line);
    demand(match, CODE);
    const value = unbase64(/** @type {string} */ (match[2]));
    demand(value.length > 4 && base64(value) === match[2], CODE);
    return { name: /** @type {string} */ (match[1]), id: value.subarray(0, 4), value: value.subarray(4) };
  });
  return { text: note.slice(0, gap + 1), lines };
}

/**
 * @param {Line[]} lines
 * @param {string} name
 * @param {number} kind
 * @param {Uint8Array} key
 */
function linesBy(lines, name, kind, key) {
  const id = keyId(name, kind, key);
  return lines.filter((line) => line.name === name && equal(line.id, id));
}

/**
 * @param {string} note
 * @param {AnnouncementBody} body
 * @returns {Promise<Checkpoint>} signed by the announced log; `witnesses` names those whose cosignature is good
 */
export async function readCheckpoint(note, { log, witness }) {
  const { text, lines } = readNote(note);
  const [origin, size = '', root = ''] = text.split('\n');
  demand(origin === log.origin && /^(?:0|[1-9][0-9]{0,15})$/.test(size), CODE);
  const key = unhex(log.key);
  const own = linesBy(lines, log.origin, NOTE_KEY, key);
  demand(own.length > 0, CODE);
  for (const { value } of own) demand(await verifySignature(key, value, utf8(text)), CODE);
  const witnesses = [];
  for (const { name, key: keyHex } of witness.keys) {
    const witnessKey = unhex(keyHex);
    const found = linesBy(lines, name, COSIGNATURE, witnessKey);
    for (const { value } of found) {
      const seconds = new DataView(value.buffer, value.byteOffset).getBigUint64(0);
      const signed = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
      demand(value.length === 72 && (await verifySignature(witnessKey, value.subarray(8), signed)), CODE);
    }
    if (found.length > 0) witnesses.push(name);
  }
  const rootBytes = unbase64(root);
  demand(rootBytes.length === 32, CODE);
  return { size: Number(size), root: rootBytes, witnesses, text };
}
