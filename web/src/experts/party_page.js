// A party commits and reveals in a draw (抽取一方: 承诺与揭示). The number is made here and kept in a file on the party's own
// machine; until it is revealed the platform gets its hash, and the escrow gets it sealed to the trustees.
// Contract: form#draw-commit[data-draw data-ann data-party] and form#draw-reveal[data-draw data-ann data-party] with #draw-file, each
// with [data-draw-status data-working data-wrong data-refused data-download].

import { readAnnouncement } from '../bidding/sealing/announcement.js';
import { hex, unhex } from '../bidding/sealing/bytes.js';
import { random } from '../bidding/sealing/suite.js';
import { download } from '../bidding/seal_view.js';
import { ApiProblem, SubmissionApi } from '../bidding/submission_api.js';
import { openUploads, uploadMissing } from '../bidding/upload.js';
import { commitHash } from './draw.js';
import { PART, escrow, numberFile, readNumber } from './escrow.js';

/** The box of a draw's escrow; its tokens are for the parties. */
class EscrowApi extends SubmissionApi {
  /**
   * @param {string} what
   * @param {unknown} json
   * @returns {Promise<Response>}
   */
  asParty(what, json) {
    const csrf = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
    return this.request('POST', `/v1/draws/${this.lot}/${what}`, { headers: { 'x-csrf-token': csrf }, json, credentials: 'same-origin' });
  }

  /** @returns {Promise<string>} */
  async token() {
    return /** @type {{token: string}} */ (await (await this.asParty('upload-tokens', {})).json()).token;
  }

  /**
   * @param {string} token
   * @param {string} envelope exact text
   */
  async submit(token, envelope) {
    await this.request('POST', `/v1/draws/${this.lot}/envelopes`, { headers: SubmissionApi.bearer(token), json: { envelope } });
  }
}

/** @typedef {(key: string, words?: string) => void} Say */
/** @typedef {{draw: string, ann: string, party: string}} Mine */

/**
 * @param {Mine} mine
 * @param {Say} say
 */
async function commit({ draw, ann, party }, say) {
  say('working');
  const api = new EscrowApi(draw);
  const announcement = await readAnnouncement(await api.announcement(`/v1/draws/${draw}/announcement`));
  const number = { ann, party, r: hex(random(32)) };
  const sealed = await escrow(number, announcement, `draw:${draw}`);
  // The file first: a commitment whose number is lost could only be opened by the trustees.
  download(`draw-${draw.slice(0, 8)}-${party}.json`, numberFile(number));
  await api.asParty('commitments', { commit: hex(commitHash(unhex(ann), party, unhex(number.r))) });
  const token = await api.token();
  const { core } = sealed.envelope;
  const objects = [{ part: PART, blob: sealed.blob, leaves: sealed.leaves }];
  const uploads = await openUploads(api, token, { ann: core.ann, env: core.env, key: core.key }, objects);
  await uploadMissing(api, token, uploads, objects);
  await api.submit(token, sealed.envelope.text);
  location.reload();
}

/**
 * @param {Mine} mine
 * @param {HTMLFormElement} form
 * @param {Say} say
 */
async function reveal({ draw, ann, party }, form, say) {
  const file = /** @type {HTMLInputElement} */ (form.querySelector('#draw-file')).files?.[0];
  if (!file) return;
  const number = readNumber(await file.text());
  if (!number || number.ann !== ann || number.party !== party) {
    say('wrong');
    return;
  }
  say('working');
  await new EscrowApi(draw).asParty('reveals', { r: number.r });
  location.reload();
}

for (const name of ['commit', 'reveal']) {
  const form = /** @type {HTMLFormElement | null | undefined} */ (globalThis.document?.querySelector(`form#draw-${name}`));
  if (!form) continue;
  const status = /** @type {HTMLElement} */ (form.querySelector('[data-draw-status]'));
  /** @type {Say} */
  const say = (key, words = status.dataset[key] ?? '') => {
    status.textContent = words;
    status.className = key === 'working' ? 'message' : 'message error';
  };
  const { draw = '', ann = '', party = '' } = form.dataset;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const done = name === 'commit' ? commit({ draw, ann, party }, say) : reveal({ draw, ann, party }, form, say);
    done.catch((/** @type {unknown} */ error) => {
      const told = error instanceof ApiProblem ? `${error.message} ${String(error.body['next'] ?? '')}`.trim() : '';
      say('refused', told || status.dataset['refused'] || '');
    });
  });
}
