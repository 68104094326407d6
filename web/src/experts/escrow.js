// A party's number in the trustees' escrow: one small envelope (LBE1) with one file, sealed on the party's own machine. The twin of
// what `trading draw commit` does (experts/party.py).

import { hex, utf8 } from '../bidding/sealing/bytes.js';
import { canonical } from '../bidding/sealing/canonical.js';
import { deal, sealEnvelope } from '../bidding/sealing/envelope.js';
import { objectContext, sealObject } from '../bidding/sealing/object.js';
import { demand } from '../bidding/sealing/refusal.js';
import { inMemory } from '../bidding/sealing/seal.js';
import { random, signingKey } from '../bidding/sealing/suite.js';

/** @typedef {{ann: string, party: string, r: string}} PartyNumber what the party must keep; `ann` is the draw's, in hex */
/** @typedef {{envelope: import('../bidding/sealing/envelope.js').Envelope, blob: Blob, leaves: string[]}} Escrowed */

export const PART = 'commitment';
const FILE = 'commitment.json';

/**
 * @param {PartyNumber} number
 * @param {import('../bidding/sealing/announcement.js').Announcement} announcement of the escrow
 * @param {string} subject `draw:…`
 * @returns {Promise<Escrowed>}
 */
export async function escrow(number, announcement, subject) {
  const { ann, body } = announcement;
  // The escrow's announcement names the draw it is for; another draw's must not get the number.
  demand(body.subject === subject && body.documents === number.ann, 'draws.escrow_differs');
  const key = await signingKey(random(32));
  const env = hex(random(16));
  const ck = random(32);
  /** @type {BlobPart[]} */
  const written = [];
  const rule = body.parts.find((part) => part.id === PART);
  demand(rule !== undefined, 'sealing.envelope.parts');
  const object = await sealObject({
    files: [inMemory(FILE, canonical(number))],
    pad: /** @type {NonNullable<typeof rule>} */ (rule).pad,
    key: ck,
    context: objectContext(ann, env, PART),
    sink: {
      async write(data) {
        written.push(new Uint8Array(data));
      },
      async close() {},
    },
  });
  const { entry, dealt } = deal(announcement, env, PART, ck, object);
  /** @type {import('../bidding/sealing/envelope.js').Core} */
  const core = { v: 'LBE1', suite: 1, subject, ann, ack: null, env, prev: null, key: hex(key.publicKey), parts: [entry] };
  const envelope = await sealEnvelope(announcement, core, new Map([[PART, dealt]]), key);
  return { envelope, blob: new Blob(written), leaves: object.leaves };
}

/**
 * @param {PartyNumber} number
 * @returns {string} the file to keep
 */
export function numberFile(number) {
  return new TextDecoder().decode(canonical(number));
}

/**
 * @param {string} text
 * @returns {PartyNumber | null} null: not such a file
 */
export function readNumber(text) {
  try {
    const { ann, party, r } = JSON.parse(text);
    const whole = [ann, r].every((value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value));
    return whole && typeof party === 'string' && utf8(party).length <= 32 ? { ann, party, r } : null;
  } catch {
    return null;
  }
}
