// One bid sealed: encrypt every part → roots → core → shares → signature, in that order, all on this machine. What comes
// out is what is uploaded; nothing here is ever done twice for the same envelope.

import { hex, unhex } from './bytes.js';
import { deal, sealEnvelope } from './envelope.js';
import { identityFile } from './identity.js';
import { objectContext, sealObject, workOf } from './object.js';
import { writeRecovery } from './recovery.js';
import { demand } from './refusal.js';
import { random, signingKey } from './suite.js';

/** @typedef {import('./object.js').PartFile} PartFile */
/** @typedef {import('./object.js').SealedObject} SealedObject */
/** @typedef {(part: string) => Promise<import('./object.js').Sink>} OpenSink */
/** @typedef {{seed: string, envelope: string}} Predecessor submission key and digest of the envelope replaced */
/**
 * @typedef {object} Bid
 * @property {import('./announcement.js').Announcement} announcement
 * @property {Record<string, PartFile[]>} files by part; identity.json is added here, price.json is given
 * @property {import('./identity.js').Identity} identity
 * @property {string | null} [depositReference]
 * @property {string | null} [ack] digest of the last addendum seen
 * @property {Predecessor | null} [replaces]
 * @property {string} passphrase of the recovery file
 * @property {OpenSink} sink
 * @property {(done: number, total: number, part: string) => void} [progress]
 */
/** @typedef {{envelope: import('./envelope.js').Envelope, objects: Map<string, SealedObject>, recovery: string}} Sealed */

const IDENTITY = 'identity';

/**
 * @param {string} name
 * @param {Uint8Array} data
 * @returns {PartFile}
 */
export function inMemory(name, data) {
  return { name, blob: new Blob([/** @type {import('./bytes.js').Bytes} */ (data)]) };
}

/**
 * @param {Bid} bid
 * @returns {Promise<Sealed>}
 */
export async function sealBid(bid) {
  const { announcement, files, identity, depositReference = null, ack = null, replaces = null, passphrase, sink } = bid;
  const { ann, body } = announcement;
  // A replacement is signed by the key of the envelope it replaces; a first envelope makes its own.
  const key = await signingKey(replaces ? unhex(replaces.seed) : random(32));
  const env = hex(random(16));
  const parts = body.parts.filter((part) => part.required || (files[part.id] ?? []).length > 0);
  demand(parts.every((part) => part.id === IDENTITY || (files[part.id] ?? []).length > 0), 'sealing.envelope.parts');
  const total = parts.reduce((sum, part) => sum + workOf(files[part.id] ?? [], part.pad).total, 0);

  let before = 0;
  /** @type {Map<string, import('./envelope.js').PartEntry>} */
  const entries = new Map();
  /** @type {Map<string, import('./envelope.js').Dealt[]>} */
  const dealt = new Map();
  /** @type {Map<string, SealedObject>} */
  const objects = new Map();
  /** @type {Map<string, string>} */
  const keys = new Map();

  const others = parts.filter((part) => part.id !== IDENTITY);
  const own = parts.filter((part) => part.id === IDENTITY);
  // Identity last: its signature is over the other parts' finished entries.
  for (const part of [...others, ...own]) {
    const content = [...(files[part.id] ?? [])];
    const work = workOf(content, part.pad).total;
    if (part.id === IDENTITY) {
      const bound = { ann, env, key: hex(key.publicKey), entries: others.map(({ id }) => /** @type {import('./envelope.js').PartEntry} */ (entries.get(id))) };
      content.unshift(inMemory('identity.json', await identityFile(identity, bound, depositReference)));
    }
    const ck = random(32);
    const object = await sealObject({
      files: content,
      pad: part.pad,
      key: ck,
      context: objectContext(ann, env, part.id),
      sink: await sink(part.id),
      progress: (done) => bid.progress?.(before + Math.min(done, work), total, part.id),
    });
    before += work;
    bid.progress?.(before, total, part.id);
    const { entry, dealt: shares } = deal(announcement, env, part.id, ck, object);
    entries.set(part.id, entry);
    dealt.set(part.id, shares);
    objects.set(part.id, object);
    keys.set(part.id, hex(ck));
  }

  /** @type {import('./envelope.js').Core} */
  const core = {
    v: 'LBE1',
    suite: 1,
    subject: body.subject,
    ann,
    ack,
    env,
    prev: replaces?.envelope ?? null,
    key: hex(key.publicKey),
    parts: parts.map(({ id }) => /** @type {import('./envelope.js').PartEntry} */ (entries.get(id))),
  };
  const envelope = await sealEnvelope(announcement, core, dealt, key);
  const recovery = await writeRecovery(
    {
      subject: body.subject,
      ann,
      env,
      envelope: envelope.digest,
      key: hex(key.seed),
      parts: parts.map(({ id }) => ({ id, ck: /** @type {string} */ (keys.get(id)) })),
    },
    passphrase,
  );
  return { envelope, objects, recovery };
}
