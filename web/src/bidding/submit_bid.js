// From a bid sealed on this machine to one that stands in the journal: recovery file saved, ciphertext uploaded, envelope committed,
// receipt checked, inclusion proved. Every step is written down before the next, so any of them can be taken up again.

import { canonicalText } from './sealing/canonical.js';
import { verifyReceiptProof } from './sealing/inclusion.js';
import { readReceipt, readRefusal } from './sealing/receipt.js';
import { download } from './seal_view.js';
import { ApiProblem } from './submission_api.js';
import { say } from './texts.js';
import { openUploads, uploadMissing } from './upload.js';
import { localTime } from '../web/dates.js';
import { serverNow } from '../web/server_time.js';

/** @typedef {import('./seal_bid.js').Kept} Kept */
/** @typedef {import('./seal_view.js').SealView} SealView */
/** @typedef {import('./sealing/announcement.js').Announcement} Announcement */
/** @typedef {import('./sealing/receipt.js').Sent} Sent */
/** @typedef {import('./submission_api.js').SubmissionApi} SubmissionApi */
/** @typedef {{view: SealView, api: SubmissionApi, announcement: Announcement}} Page */

const POLL_MS = 4000;
const SLOW_POLL_MS = 15_000;

/** @param {string} digest */
export const shortName = (digest) => digest.slice(0, 12);

/** @returns {string} */
function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
}

/**
 * @param {Page} page
 * @param {Kept} kept
 */
async function upload({ view, api }, { folder, state }) {
  view.step('upload');
  view.show('[data-seal-retry]', false);
  const objects = await folder.stored(state);
  const named = { ann: state.ann, env: state.env, key: state.key };
  const redraw = async () => {
    state.token = await api.drawToken(csrfToken());
    await folder.save(state);
    return openUploads(api, state.token, named, objects);
  };
  view.status(say('status.uploading'));
  let uploads;
  try {
    // Asked again under the same token, the server answers with the same uploads and what they still miss.
    uploads = state.token ? await openUploads(api, state.token, named, objects) : await redraw();
  } catch (error) {
    // A token that ran out or is no longer known: the stored ciphertext goes up under a new one.
    const worn = error instanceof ApiProblem && ['bidding.token_invalid', 'bidding.token_exhausted', 'bidding.upload_unknown'].includes(error.code);
    if (!worn || !state.token) throw error;
    uploads = await redraw();
  }
  const token = /** @type {string} */ (state.token);
  await uploadMissing(api, token, uploads, objects, (done, total) => view.progress('upload', done, total));
  return token;
}

/**
 * @param {Page} page
 * @param {Sent} sent
 * @param {ApiProblem} problem
 * @returns {Promise<boolean>} whether it was a signed refusal, now shown
 */
export async function showLateRefusal({ view, announcement }, sent, problem) {
  const refusal = /** @type {import('./sealing/signed.js').Signed | undefined} */ (problem.body['refusal']);
  if (problem.code !== 'bidding.too_late' || refusal === undefined) return false;
  const { refused_at: at } = await readRefusal(refusal, announcement, sent);
  view.fact('refused_at', localTime(at, document.documentElement.lang));
  view.on('download-refusal', () => download(`refusal-${shortName(sent.hash)}.json`, canonicalText(refusal)));
  view.step('late');
  view.status(say('status.late'), 'error');
  return true;
}

/**
 * Shows a receipt and waits until the journal proves it.
 * @param {Page} page
 * @param {import('./sealing/signed.js').Signed} document
 * @param {Sent} sent
 * @param {(proof: string) => Promise<void>} keep
 * @returns {Promise<void>}
 */
export async function awaitInclusion({ view, api, announcement }, document, sent, keep) {
  const receipt = await readReceipt(document, announcement, sent);
  const digest = sent.hash;
  const lang = globalThis.document.documentElement.lang;
  view.fact('received_at', localTime(receipt.received_at, lang));
  view.fact('slot', String(receipt.slot + 1));
  view.fact('digest', digest);
  view.fact('merge_by', localTime(receipt.merge_by, lang));
  view.on('download-receipt', () => download(`receipt-${shortName(digest)}.json`, canonicalText(document)));
  view.step('wait');
  view.status(say('status.waiting', { by: localTime(receipt.merge_by, lang) }));
  const due = Date.parse(receipt.merge_by);
  let proof = await api.proof(digest);
  while (proof === null) {
    const overdue = serverNow() > due + 60_000;
    if (overdue) view.status(say('status.overdue'), 'error');
    await new Promise((resolve) => setTimeout(resolve, overdue ? SLOW_POLL_MS : POLL_MS));
    proof = await api.proof(digest);
  }
  const text = proof;
  const { witnesses, witnessed } = await verifyReceiptProof(text, receipt, announcement);
  await keep(text);
  view.on('download-proof', () => download(`proof-${shortName(digest)}.txt`, text));
  view.step('sealed');
  const done = receipt.kind === 'withdraw' ? 'status.withdrawn' : 'status.sealed';
  view.status(say(witnessed ? done : 'status.unwitnessed', { witnesses: witnesses.join('、') }), witnessed ? 'done' : 'info');
}

/**
 * Takes a kept bid as far as it will go.
 * @param {Page} page
 * @param {Kept} kept
 */
export async function submitKept(page, kept) {
  const { view, api, announcement } = page;
  const { folder, state } = kept;
  /** @type {Sent} */
  const sent = { hash: state.digest, ann: state.ann, env: state.env, key: state.key, prev: state.prev };
  const recovery = await (await folder.file('recovery.json')).text();
  const saveRecovery = () => download(`recovery-${shortName(state.digest)}.json`, recovery);
  view.fact('digest', state.digest);
  if (!state.kept) {
    view.step('keep');
    view.status(say('status.keep'));
    await new Promise((resolve) => view.on('keep', () => resolve(saveRecovery())));
    state.kept = true;
    await folder.save(state);
  }
  view.on('download-recovery', saveRecovery);
  const envelope = await (await folder.file('envelope.json')).text();
  view.on('download-envelope', () => download(`envelope-${shortName(state.digest)}.json`, envelope));
  if (state.receipt === null) {
    try {
      const token = await upload(page, kept).catch((error) => {
        // Too late to upload: the envelope alone is enough for the platform's signed refusal.
        if (error instanceof ApiProblem && error.code === 'bidding.too_late' && state.token) return state.token;
        throw error;
      });
      view.status(say('status.committing'));
      const receipt = await api.commit(token, envelope);
      await readReceipt(receipt, announcement, sent);
      state.receipt = receipt;
      await folder.save(state);
    } catch (error) {
      if (error instanceof ApiProblem && (await showLateRefusal(page, sent, error))) return;
      throw error;
    }
  }
  await awaitInclusion(page, state.receipt, sent, async (proof) => {
    state.proof = proof;
    await folder.save(state);
    await folder.dropObjects(state);
  });
}
