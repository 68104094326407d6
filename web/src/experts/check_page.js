// "Check this draw yourself" (自己核验抽取): fetches the public document, computes everything again here, and says step by step
// what holds. A document saved before, or handed over by somebody else, can be chosen instead; nothing is sent anywhere.
// Contract: #draw-check[data-documents] (JSON list of addresses, the lot's draws in order) with ol[data-steps], [data-status] and input[type=file].

import { missingFeatures } from '../bidding/sealing/suite.js';
import { FORMAT, check } from './check.js';
import { say } from './texts.js';

/** @typedef {import('./check.js').Document} Document */
/** @typedef {import('./check.js').Step} Step */

const CLASSES = { held: 'done', failed: 'late', pending: 'next' };

/**
 * The verdict over all steps.
 * @param {Step[]} steps
 * @param {string} lang
 * @returns {{words: string, ok: boolean}}
 */
export function verdict(steps, lang) {
  const wrong = steps.findIndex(({ state }) => state === 'failed');
  const held = steps.filter(({ state }) => state === 'held').length;
  const pending = steps.filter(({ state }) => state === 'pending').length;
  if (wrong >= 0) return { ok: false, words: say('status.failed', lang, { number: wrong + 1, step: say(`step.${steps[wrong]?.name}`, lang) }) };
  return { ok: true, words: say(pending ? 'status.pending' : 'status.held', lang, { held, pending }) };
}

/**
 * @param {Step} step
 * @param {string} lang
 * @returns {string} what was found; nothing of a step that has not happened
 */
export function finding({ name, state, code, facts }, lang) {
  if (state === 'pending') return '';
  return say(state === 'held' ? `held.${name}` : (code ?? ''), lang, facts);
}

/**
 * @param {unknown[]} told whatever was fetched or chosen
 * @returns {Document[]} a lot's draws in order; [] if one is something else
 */
export function documents(told) {
  const found = /** @type {Document[]} */ (told);
  if (found.some((item) => item?.format !== FORMAT || typeof item.announced?.at !== 'string')) return [];
  return found.toSorted((a, b) => (a.announced.at < b.announced.at ? -1 : 1));
}

class Page {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.lang = document.documentElement.lang;
    this.list = /** @type {HTMLElement} */ (section.querySelector('[data-steps]'));
    this.status = /** @type {HTMLElement} */ (section.querySelector('[data-status]'));
  }

  /**
   * @param {string} words
   * @param {string} [kind]
   */
  say(words, kind = '') {
    this.status.textContent = words;
    this.status.className = `message ${kind}`.trim();
  }

  /** @param {unknown[]} told */
  async check(told) {
    this.list.replaceChildren();
    const found = documents(told);
    const last = found.at(-1);
    if (!last) return this.say(say('status.form', this.lang), 'error');
    if ((await missingFeatures()).includes('Ed25519')) return this.say(say('status.browser', this.lang), 'error');
    this.say(say('status.checking', this.lang));
    const steps = await check(last, found.slice(0, -1));
    this.list.replaceChildren(...steps.map((step) => this.item(step)));
    const { ok, words } = verdict(steps, this.lang);
    return this.say(words, ok ? 'done' : 'error');
  }

  /** @param {Step} step */
  item(step) {
    const item = document.createElement('li');
    item.className = CLASSES[step.state];
    item.dataset['step'] = step.name;
    item.dataset['state'] = step.state;
    const title = item.appendChild(document.createElement('p'));
    title.className = 'step-title';
    title.textContent = say(`step.${step.name}`, this.lang);
    const state = title.appendChild(document.createElement('span'));
    state.className = 'step-state';
    state.textContent = say(`state.${step.state}`, this.lang);
    const note = item.appendChild(document.createElement('p'));
    note.className = 'step-note digest';
    note.textContent = finding(step, this.lang);
    return item;
  }

  async fetched() {
    /** @type {string[]} */
    const addresses = JSON.parse(this.section.dataset['documents'] ?? '[]');
    this.say(say('status.loading', this.lang));
    try {
      const answers = await Promise.all(addresses.map((url) => fetch(url, { headers: { accept: 'application/json' }, cache: 'no-store' })));
      if (!answers.every(({ ok }) => ok)) throw new TypeError('refused');
      await this.check(await Promise.all(answers.map((answer) => answer.json())));
    } catch {
      this.say(say('status.network', this.lang), 'error');
    }
  }

  /** @param {File[]} files */
  async chosen(files) {
    try {
      await this.check(await Promise.all(files.map(async (file) => JSON.parse(await file.text()))));
    } catch {
      this.list.replaceChildren();
      this.say(say('status.form', this.lang), 'error');
    }
  }
}

// Imported under Node by its test, where there is no document.
const section = /** @type {HTMLElement | null | undefined} */ (globalThis.document?.querySelector('#draw-check'));
if (section) {
  const page = new Page(section);
  const input = /** @type {HTMLInputElement} */ (section.querySelector('input[type=file]'));
  input.addEventListener('change', () => void page.chosen([...(input.files ?? [])]));
  section.querySelector('[data-again]')?.addEventListener('click', () => void page.fetched());
  void page.fetched();
}
