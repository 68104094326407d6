#!/usr/bin/env node
// Seals one bid with the browser's own modules under Node, and writes what `trading seal` writes: envelope.json, <part>.obj for
// every part, recovery.json, so that `trading submit` can upload it.
//
//   node web/src/bidding/seal_cli.mjs --announcement FILE --parts DIR --identity KEYFILE --out DIR
//        [--certificate FILE] [--deposit-reference TEXT] [--ack HEX] [--replaces RECOVERY]
//
// DIR holds one folder a part (price/price.json, technical/…, identity/… for further documents).
// KEYFILE is the bidder's key file (PEM, certificates after the key unless --certificate gives them).
// Passphrases: TRADING_PASSPHRASE (key file) and TRADING_RECOVERY_PASSPHRASE (default: the same), or the first two lines of stdin.

import { openAsBlob } from 'node:fs';
import { mkdir, open, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { readAnnouncement } from './sealing/announcement.js';
import { openIdentity } from './sealing/identity.js';
import { readKeyFile } from './sealing/key_file.js';
import { readPem } from './sealing/pem.js';
import { readPrice } from './sealing/price.js';
import { readRecovery } from './sealing/recovery.js';
import { Refusal } from './sealing/refusal.js';
import { sealBid } from './sealing/seal.js';
import { missingFeatures } from './sealing/suite.js';

/** @returns {Promise<{key: string, recovery: string}>} */
async function passphrases() {
  const { TRADING_PASSPHRASE: key, TRADING_RECOVERY_PASSPHRASE: recovery } = process.env;
  if (key) return { key, recovery: recovery || key };
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  const [first = '', second = ''] = text.split(/\r?\n/);
  return { key: first, recovery: second || first };
}

/**
 * @param {string} folder
 * @param {string} part
 * @returns {Promise<import('./sealing/object.js').PartFile[]>} the machine-readable file first, then by name
 */
async function partFiles(folder, part) {
  /** @type {string[]} */
  let names = [];
  try {
    const entries = await readdir(path.join(folder, part), { withFileTypes: true });
    names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  const own = `${part}.json`;
  names.sort((a, b) => Number(b === own) - Number(a === own) || (a < b ? -1 : 1));
  return Promise.all(names.map(async (name) => ({ name, blob: await openAsBlob(path.join(folder, part, name)) })));
}

/**
 * @param {string} file
 * @returns {Promise<import('./sealing/object.js').Sink>} what is written is on the disk when it is closed
 */
async function fileSink(file) {
  const handle = await open(file, 'wx', 0o600);
  return {
    async write(data) {
      await handle.writeFile(data);
    },
    async close() {
      await handle.sync();
      await handle.close();
    },
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      announcement: { type: 'string' },
      parts: { type: 'string' },
      identity: { type: 'string' },
      certificate: { type: 'string' },
      out: { type: 'string' },
      'deposit-reference': { type: 'string' },
      ack: { type: 'string' },
      replaces: { type: 'string' },
    },
  });
  const { announcement: announcementFile, parts, identity: keyFile, out, replaces } = values;
  if (!announcementFile || !parts || !keyFile || !out) {
    console.error('usage: seal_cli.mjs --announcement FILE --parts DIR --identity KEYFILE --out DIR [--certificate FILE] [--deposit-reference TEXT] [--ack HEX] [--replaces RECOVERY]');
    return 2;
  }
  const missing = await missingFeatures();
  if (missing.length > 0) throw new Refusal('sealing.browser', { missing: missing.join(', ') });
  const secrets = await passphrases();
  const announcement = await readAnnouncement(await readFile(announcementFile));
  const opened = await readKeyFile(await readFile(keyFile, 'utf8'), secrets.key);
  if (values.certificate) opened.certificates = readPem(await readFile(values.certificate, 'utf8')).map(({ der }) => der);
  const identity = await openIdentity(opened);
  const before = replaces ? await readRecovery(await readFile(replaces), secrets.recovery) : null;

  /** @type {Record<string, import('./sealing/object.js').PartFile[]>} */
  const files = {};
  for (const { id } of announcement.body.parts) files[id] = await partFiles(parts, id);
  const price = files['price']?.find((file) => file.name === 'price.json');
  if (price) readPrice(new Uint8Array(await price.blob.arrayBuffer()));

  await mkdir(out, { recursive: true, mode: 0o700 });
  let shown = -1;
  const { envelope, recovery, objects } = await sealBid({
    announcement,
    files,
    identity,
    depositReference: values['deposit-reference'] ?? null,
    ack: values.ack ?? null,
    replaces: before && { seed: before.key, envelope: before.envelope },
    passphrase: secrets.recovery,
    sink: (part) => fileSink(path.join(out, `${part}.obj`)),
    progress(done, total, part) {
      const percent = Math.floor((100 * done) / total);
      if (percent > shown && process.stderr.isTTY) process.stderr.write(`\r${part} ${(shown = percent)}%   `);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  // The recovery file first: an envelope that exists without it could be submitted but never withdrawn.
  await writeFile(path.join(out, 'recovery.json'), recovery, { flag: 'wx', mode: 0o600 });
  await writeFile(path.join(out, 'envelope.json'), envelope.text, { flag: 'wx', mode: 0o600 });
  const sizes = Object.fromEntries([...objects].map(([part, object]) => [part, object.size]));
  console.log(JSON.stringify({ envelope: envelope.digest, env: envelope.core.env, key: envelope.core.key, ann: announcement.ann, sizes }));
  return 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof Refusal ? `${error.code} ${JSON.stringify(error.params)}` : error);
    process.exitCode = 1;
  },
);
