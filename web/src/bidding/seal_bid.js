// From the filled form to a sealed bid kept on this machine: local checks, key file, encryption. Nothing is sent to anyone here.

import { parseYuan } from './amount.js';
import { checkDraft } from './local_checks.js';
import { openIdentity } from './sealing/identity.js';
import { readKeyFile } from './sealing/key_file.js';
import { priceFile } from './sealing/price.js';
import { readRecovery } from './sealing/recovery.js';
import { Refusal } from './sealing/refusal.js';
import { inMemory, sealBid } from './sealing/seal.js';
import { BidFolder, hasRoom } from './store.js';
import { refusalKey, say } from './texts.js';
import { localTime } from '../web/dates.js';
import { serverNow } from '../web/server_time.js';

/** @typedef {import('./local_checks.js').Problem} Problem */
/** @typedef {import('./seal_view.js').SealView} SealView */
/** @typedef {import('./sealing/announcement.js').Announcement} Announcement */
/** @typedef {{lot: string, announcement_url: string, ceiling_fen: number | null, duration_days_max: number | null, ack: string | null, max_part_bytes: number, uscc: string | null}} Config */
/** @typedef {{folder: BidFolder, state: import('./store.js').BidState}} Kept */

export const LEAST_PASSPHRASE = 10;

/**
 * @param {SealView} view
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} values
 * @returns {Problem[]} of key file, recovery file and passphrases
 */
function secretProblems(view, form, values) {
  /** @type {Problem[]} */
  const problems = [];
  if (view.files(form, 'key_file').length === 0) problems.push({ field: 'key_file', key: 'check.file_missing' });
  const passphrase = values['recovery_passphrase'] ?? '';
  if ([...passphrase].length < LEAST_PASSPHRASE) {
    problems.push({ field: 'recovery_passphrase', key: 'check.passphrase_short', params: { least: LEAST_PASSPHRASE } });
  } else if (passphrase !== values['recovery_passphrase_repeat']) {
    problems.push({ field: 'recovery_passphrase_repeat', key: 'check.passphrase_differs' });
  }
  return problems;
}

/**
 * Runs a step whose refusal belongs beside a field.
 * @template T
 * @param {(code: string) => string} fieldOf
 * @param {() => Promise<T>} step
 * @returns {Promise<{value: T} | {problem: Problem}>}
 */
async function beside(fieldOf, step) {
  try {
    return { value: await step() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { problem: { field: fieldOf(error.code), key: refusalKey(error.code), params: { ...error.params, code: error.code } } };
  }
}

/**
 * @param {File} file
 * @param {string} passphrase
 * @param {string} subject of this lot
 */
export async function openRecovery(file, passphrase, subject) {
  const recovery = await readRecovery(new Uint8Array(await file.arrayBuffer()), passphrase);
  if (recovery.subject !== subject) throw new Refusal('sealing.recovery.other');
  return recovery;
}

/**
 * @param {import('./sealing/identity.js').Identity} identity
 * @param {Config} config
 * @returns {Problem[]}
 */
function certificateProblems({ certificate }, { uscc }) {
  const lang = document.documentElement.lang;
  const now = serverNow();
  /** @type {Problem[]} */
  const problems = [];
  if (now < certificate.notBefore.getTime() || now > certificate.notAfter.getTime()) {
    const params = { from: localTime(certificate.notBefore, lang), to: localTime(certificate.notAfter, lang) };
    problems.push({ field: 'key_file', key: 'check.certificate_time', params });
  }
  if (uscc && certificate.uscc !== uscc) {
    problems.push({ field: 'key_file', key: 'check.certificate_other', params: { organisation: certificate.organisation } });
  }
  return problems;
}

/**
 * @param {SealView} view
 * @param {HTMLFormElement} form
 * @param {Config} config
 * @param {Announcement} announcement
 * @returns {Promise<Kept | null>} null when problems are shown and nothing was encrypted
 */
export async function sealFromForm(view, form, config, announcement) {
  const { body } = announcement;
  const values = view.values(form);
  view.clearProblems(form);
  view.status(say('status.checking'));
  /** @type {Record<string, File[]>} */
  const chosen = {};
  for (const { id } of body.parts) chosen[id] = view.files(form, `part.${id}`);
  const draft = {
    files: chosen,
    values,
    parts: body.parts,
    ceilingFen: config.ceiling_fen,
    durationMaxDays: config.duration_days_max,
    maxBytes: config.max_part_bytes,
  };
  const problems = [...(await checkDraft(draft)), ...secretProblems(view, form, values)];
  const refuse = (/** @type {Problem[]} */ found) => {
    view.status('');
    view.showProblems(form, found);
    return null;
  };
  if (problems.length > 0) return refuse(problems);

  view.status(say('status.keys'));
  const [keyFile] = view.files(form, 'key_file');
  const opened = await beside(
    (code) => (code === 'sealing.keyfile.passphrase' ? 'key_passphrase' : 'key_file'),
    async () => openIdentity(await readKeyFile(await /** @type {File} */ (keyFile).text(), values['key_passphrase'] ?? '')),
  );
  if ('problem' in opened) return refuse([opened.problem]);
  const identity = opened.value;
  const doubts = certificateProblems(identity, config);
  if (doubts.length > 0) return refuse(doubts);

  const [earlier] = view.files(form, 'replaces.recovery');
  let replaces = null;
  if (earlier) {
    const recovered = await beside(
      (code) => (code === 'sealing.recovery.passphrase' ? 'replaces.passphrase' : 'replaces.recovery'),
      () => openRecovery(earlier, values['replaces.passphrase'] ?? '', body.subject),
    );
    if ('problem' in recovered) return refuse([recovered.problem]);
    replaces = { seed: recovered.value.key, envelope: recovered.value.envelope };
  }

  const bytes = Object.values(chosen).flat().reduce((size, file) => size + file.size, 2 ** 20 * body.parts.length);
  if (!(await hasRoom(bytes))) throw new Refusal('browser.room', { size: Math.ceil(bytes / 1e6) });

  /** @type {Record<string, import('./sealing/object.js').PartFile[]>} */
  const files = {};
  for (const { id } of body.parts) files[id] = (chosen[id] ?? []).map((file) => ({ name: file.name, blob: file }));
  if (files['price']) {
    const price = {
      price_fen: parseYuan(values['price'] ?? '') ?? 0,
      duration_days: Number(values['duration_days']),
      quality: values['quality'] ?? '',
      manager: values['manager'] ?? '',
    };
    files['price'].unshift(inMemory('price.json', priceFile(price)));
  }

  view.step('seal');
  const folder = await BidFolder.create(String(Date.now()));
  const sealed = await sealBid({
    announcement,
    files,
    identity,
    depositReference: values['deposit_reference'] || null,
    ack: config.ack,
    replaces,
    passphrase: values['recovery_passphrase'] ?? '',
    sink: (part) => folder.sink(`${part}.obj`),
    progress(done, total, part) {
      view.status(say('status.sealing', { part: view.partName(part) }));
      view.progress('seal', done, total);
    },
  });
  await folder.write('recovery.json', sealed.recovery);
  await folder.write('envelope.json', sealed.envelope.text);
  /** @type {import('./store.js').BidState} */
  const state = {
    lot: config.lot,
    env: sealed.envelope.core.env,
    ann: announcement.ann,
    key: sealed.envelope.core.key,
    digest: sealed.envelope.digest,
    prev: sealed.envelope.core.prev,
    leaves: Object.fromEntries([...sealed.objects].map(([part, object]) => [part, object.leaves])),
    kept: false,
    token: null,
    receipt: null,
    proof: null,
  };
  await folder.save(state);
  return { folder, state };
}
