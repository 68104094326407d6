// The seal-and-submit page (加密投标): everything a bidder does to his bid happens here, on his own machine.
//
// What the template provides (all inside <section data-seal data-step="form">, `hidden` on every step but `form`):
//   <script type="application/json" id="seal-config"> {"lot": uuid, "announcement_url": "/v1/lots/…/announcement", "ceiling_fen": int|null,
//     "duration_days_max": int|null, "ack": hex|null, "max_part_bytes": int, "uscc": text|null} </script>
//   <ol class="stepper" data-seal-stepper> five <li>: choose, encrypt, save recovery file, upload, sealed </ol>
//   <p role="status" data-seal-status></p>            what is going on; its data-seal-status becomes info | error | done
//   <p data-seal-reduced hidden></p>                  warning of reduced secrecy, filled here
//   <div data-seal-resume hidden>                     a bid of this lot is kept on this machine unfinished (steps form, closed)
//     buttons data-seal-action="resume", "discard"
//   <form data-seal-form="submit" data-confirm="…" novalidate>   fields in .field wrappers:
//     part.<id> (file, multiple) for every part · price, price_words, duration_days, quality, manager · deposit_reference
//     key_file (file), key_passphrase, recovery_passphrase, recovery_passphrase_repeat
//     replaces.recovery (file), replaces.passphrase             both optional: replace an earlier bid (修改)
//     <output data-seal-words></output>                         the price in 大写, kept current
//   <form data-seal-form="withdraw" data-confirm="…" novalidate> recovery_file (file), recovery_passphrase
//   <div data-seal-step="…">   shown in the steps named: form seal keep upload wait sealed late
//     seal, upload: <progress data-seal-progress="seal|upload">, <span data-seal-progress-words="seal|upload">
//     keep: button data-seal-action="keep" (downloads the recovery file and goes on)
//     upload: <div data-seal-retry hidden> with button data-seal-action="resume"
//     wait, sealed: [data-seal-fact="received_at|slot|digest|merge_by"], buttons data-seal-action="download-receipt",
//       "download-recovery", "download-envelope"; sealed also "download-proof"
//     late: [data-seal-fact="refused_at"], button data-seal-action="download-refusal"
// Part names shown in progress come from data-seal-part="<id>" elements' data-name, else the id.
// The section's data-step tells tests and styles where it stands; data-ready is set once the announcement is verified.
// After the deadline the section may still be there with the attribute data-seal-closed: no form is shown (step `closed`), but a bid
// kept on this machine can be taken up again, to see it proved sealed or to get the signed refusal.

import { chineseCapital, parseYuan } from './amount.js';
import { openRecovery, sealFromForm } from './seal_bid.js';
import { SealView } from './seal_view.js';
import { readAnnouncement, reducedSecrecy } from './sealing/announcement.js';
import { hex, unhex } from './sealing/bytes.js';
import { Refusal } from './sealing/refusal.js';
import { digestOf } from './sealing/signed.js';
import { missingFeatures, signingKey } from './sealing/suite.js';
import { makeWithdrawal } from './sealing/withdrawal.js';
import { BidFolder, canStore } from './store.js';
import { ApiProblem, SubmissionApi } from './submission_api.js';
import { awaitInclusion, showLateRefusal, submitKept } from './submit_bid.js';
import { refusalKey, say } from './texts.js';

/** @typedef {import('./seal_bid.js').Config} Config */
/** @typedef {import('./seal_bid.js').Kept} Kept */
/** @typedef {import('./submit_bid.js').Page} Page */

/**
 * @param {unknown} error
 * @returns {string} a sentence for the bidder
 */
function explain(error) {
  if (error instanceof Refusal) return say(refusalKey(error.code), { ...error.params, code: error.code });
  if (error instanceof ApiProblem) {
    if (error.status === 0) return say('network');
    if (error.status === 401) return say('signed_out');
    return say('refused', { detail: error.message });
  }
  return say('unexpected', { detail: error instanceof Error ? error.message : String(error) });
}

/** One thing at a time: while it runs, buttons that would start another are off. */
class Runner {
  /** @param {SealView} view */
  constructor(view) {
    this.view = view;
    this.busy = false;
  }

  /** @param {() => Promise<unknown>} work */
  async run(work) {
    if (this.busy) return;
    this.busy = true;
    this.view.section.setAttribute('aria-busy', 'true');
    try {
      await work();
    } catch (error) {
      this.view.status(explain(error), 'error');
      if (this.view.section.dataset['step'] === 'upload') this.view.show('[data-seal-retry]', true);
      if (this.view.section.dataset['step'] === 'seal') this.view.step('form');
    } finally {
      this.busy = false;
      this.view.section.removeAttribute('aria-busy');
    }
  }
}

/**
 * Leaving while something is encrypted or sent asks first; the countdown's reload waits for whatever has begun.
 * @param {Runner} runner
 */
function guardLeaving(runner) {
  document.addEventListener('deadline', (event) => {
    if (!['form', 'closed'].includes(runner.view.section.dataset['step'] ?? '')) event.preventDefault();
  });
  addEventListener('beforeunload', (event) => {
    if (runner.busy && ['seal', 'upload'].includes(runner.view.section.dataset['step'] ?? '')) event.preventDefault();
  });
}

/**
 * @param {Page} page
 * @param {HTMLFormElement} form
 */
async function withdraw(page, form) {
  const { view, api, announcement } = page;
  const [file] = view.files(form, 'recovery_file');
  view.clearProblems(form);
  if (!file) {
    view.showProblems(form, [{ field: 'recovery_file', key: 'check.file_missing' }]);
    return;
  }
  let recovery;
  try {
    recovery = await openRecovery(file, view.values(form)['recovery_passphrase'] ?? '', announcement.body.subject);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const field = error.code === 'sealing.recovery.passphrase' ? 'recovery_passphrase' : 'recovery_file';
    view.showProblems(form, [{ field, key: refusalKey(error.code) }]);
    return;
  }
  const key = await signingKey(unhex(recovery.key));
  const document = await makeWithdrawal(recovery, key);
  const sent = { hash: digestOf(document), ann: recovery.ann, env: recovery.env, key: hex(key.publicKey), prev: recovery.envelope };
  try {
    const receipt = await api.withdraw(document);
    await awaitInclusion(page, receipt, sent, async () => undefined);
  } catch (error) {
    if (error instanceof ApiProblem && (await showLateRefusal(page, sent, error))) return;
    throw error;
  }
}

/** @param {SealView} view */
function showWords(view) {
  const input = /** @type {HTMLInputElement | null} */ (view.find('input[name="price"]'));
  const output = view.find('[data-seal-words]');
  if (!input || !output) return;
  const show = () => {
    const fen = parseYuan(input.value);
    output.textContent = fen === null || fen === 0 ? '' : chineseCapital(fen);
  };
  input.addEventListener('input', show);
  show();
}

/** @param {HTMLElement} section */
async function start(section) {
  const view = new SealView(section);
  const config = /** @type {Config} */ (view.config());
  const runner = new Runner(view);
  guardLeaving(runner);
  showWords(view);
  if ('sealClosed' in section.dataset) view.step('closed');
  await runner.run(async () => {
    const missing = await missingFeatures();
    if (missing.length > 0) throw new Refusal('browser.missing', { missing: missing.join(', ') });
    if (!canStore()) throw new Refusal('browser.store');
    const api = new SubmissionApi(config.lot);
    const announcement = await readAnnouncement(await api.announcement(config.announcement_url));
    if (announcement.body.subject !== `lot:${config.lot}`) throw new Refusal('sealing.announcement.subject');
    const page = { view, api, announcement };
    const reduced = view.find('[data-seal-reduced]');
    if (reduced && reducedSecrecy(announcement.body)) {
      reduced.textContent = say('status.reduced');
      reduced.hidden = false;
    }

    const kept = await BidFolder.of(config.lot);
    /** @type {Kept | null} */
    let current = kept.filter(({ state }) => state.proof === null && state.ann === announcement.ann).at(-1) ?? null;
    if (current) {
      view.show('[data-seal-resume]', true);
      view.status(say('status.resume'));
    }
    view.on('resume', () =>
      runner.run(async () => {
        view.show('[data-seal-resume]', false);
        if (current) await submitKept(page, current);
      }),
    );
    view.on('discard', () =>
      runner.run(async () => {
        await current?.folder.remove();
        current = null;
        view.show('[data-seal-resume]', false);
        view.status('');
      }),
    );
    section.addEventListener('submit', (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      const kind = form.dataset['sealForm'];
      if (kind === undefined) return;
      event.preventDefault();
      void runner.run(async () => {
        if (kind === 'withdraw') return withdraw(page, form);
        current = await sealFromForm(view, form, config, announcement);
        return current ? submitKept(page, current) : undefined;
      });
    });
    section.dataset['ready'] = '';
  });
}

const section = document.querySelector('[data-seal]');
if (section instanceof HTMLElement) void start(section);
