// The sealing page's elements: reads the form, shows problems as the server's own forms show them, moves steps and progress.
// Knows nothing of sealing; what the elements must be called is said in seal_page.js.

import { say } from './texts.js';

/** @typedef {import('./local_checks.js').Problem} Problem */
/** @typedef {'form' | 'closed' | 'seal' | 'keep' | 'upload' | 'wait' | 'sealed' | 'late'} Step */

/** The stepper's items (choose, seal, keep, upload, sealed) by step. @type {Record<Step, number>} */
const STEPPER = { form: 0, closed: 0, seal: 1, keep: 2, upload: 3, late: 3, wait: 4, sealed: 5 };

/**
 * @param {number} bytes
 * @returns {string} MB
 */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

export class SealView {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.status('');
  }

  /**
   * @template {HTMLElement} T
   * @param {string} selector
   * @returns {T | null}
   */
  find(selector) {
    return this.section.querySelector(selector);
  }

  /** @returns {Record<string, unknown>} the page's JSON */
  config() {
    return JSON.parse(document.getElementById('seal-config')?.textContent ?? '{}');
  }

  /**
   * @param {HTMLFormElement} form
   * @returns {Record<string, string>} text fields by name, trimmed except passphrases
   */
  values(form) {
    /** @type {Record<string, string>} */
    const values = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value === 'string') values[name] = name.includes('passphrase') ? value : value.trim();
    }
    return values;
  }

  /**
   * @param {HTMLFormElement} form
   * @param {string} name
   * @returns {File[]} chosen; none if there is no such field
   */
  files(form, name) {
    const input = form.elements.namedItem(name);
    return input instanceof HTMLInputElement ? [...(input.files ?? [])] : [];
  }

  /** @param {HTMLFormElement} form */
  clearProblems(form) {
    for (const line of form.querySelectorAll('p.problem[data-local], section.summary[data-local]')) line.remove();
    for (const field of form.querySelectorAll('.field.wrong')) field.classList.remove('wrong');
    for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
  }

  /**
   * Beside each field and in a summary on top, which takes the focus.
   * @param {HTMLFormElement} form
   * @param {Problem[]} problems
   */
  showProblems(form, problems) {
    this.clearProblems(form);
    const list = document.createElement('ul');
    for (const { field, key, params } of problems) {
      const words = say(key, params);
      const found = form.elements.namedItem(field);
      const input = found instanceof HTMLElement ? found : null;
      const item = document.createElement('li');
      if (input) {
        input.id ||= `f-${field.replaceAll('.', '-')}`;
        const line = document.createElement('p');
        line.className = 'problem';
        line.dataset['local'] = '';
        line.id = `${input.id}-local-problem`;
        line.textContent = words;
        input.setAttribute('aria-invalid', 'true');
        input.setAttribute('aria-describedby', `${input.getAttribute('aria-describedby')?.replace(line.id, '') ?? ''} ${line.id}`.trim());
        input.closest('.field')?.classList.add('wrong');
        input.before(line);
        const link = document.createElement('a');
        link.href = `#${input.id}`;
        link.textContent = words;
        item.append(link);
      } else item.textContent = words;
      list.append(item);
    }
    const summary = document.createElement('section');
    summary.className = 'summary';
    summary.dataset['local'] = '';
    summary.tabIndex = -1;
    summary.setAttribute('role', 'alert');
    const title = document.createElement('h2');
    title.textContent = say('summary', { count: problems.length });
    summary.append(title, list);
    form.prepend(summary);
    summary.focus();
  }

  /**
   * @param {string} words
   * @param {'info' | 'error' | 'done'} [kind]
   */
  status(words, kind = 'info') {
    const place = this.find('[data-seal-status]');
    if (!place) return;
    place.textContent = words;
    place.hidden = words === '';
    place.className = kind === 'info' ? 'message' : `message ${kind}`;
    place.dataset['sealStatus'] = kind;
  }

  /** @param {Step} step */
  step(step) {
    this.section.dataset['step'] = step;
    for (const found of this.section.querySelectorAll('[data-seal-step]')) {
      const element = /** @type {HTMLElement} */ (found);
      element.hidden = !(element.dataset['sealStep'] ?? '').split(' ').includes(step);
    }
    const now = STEPPER[step];
    for (const [index, item] of [...this.section.querySelectorAll('[data-seal-stepper] > li')].entries()) {
      item.className = index < now ? 'done' : index === now ? 'now' : 'next';
      if (index === now) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
  }

  /**
   * @param {'seal' | 'upload'} which
   * @param {number} done
   * @param {number} total
   */
  progress(which, done, total) {
    const bar = /** @type {HTMLProgressElement | null} */ (this.find(`[data-seal-progress="${which}"]`));
    if (bar) {
      bar.max = total;
      bar.value = done;
    }
    const words = this.find(`[data-seal-progress-words="${which}"]`);
    if (words) words.textContent = say('progress', { done: megabytes(done), total: megabytes(total) });
  }

  /**
   * @param {string} name
   * @param {string} value shown in every [data-seal-fact=name]
   */
  fact(name, value) {
    for (const place of this.section.querySelectorAll(`[data-seal-fact="${name}"]`)) place.textContent = value;
  }

  /**
   * @param {string} part
   * @returns {string} its name for people
   */
  partName(part) {
    return this.find(`[data-seal-part="${part}"]`)?.dataset['name'] ?? part;
  }

  /**
   * @param {string} selector
   * @param {boolean} shown
   */
  show(selector, shown) {
    const element = this.find(selector);
    if (element) element.hidden = !shown;
  }

  /**
   * @param {string} action
   * @param {() => unknown} handler of every [data-seal-action=action] button
   */
  on(action, handler) {
    for (const found of this.section.querySelectorAll(`[data-seal-action="${action}"]`)) {
      // Property, not listener: a later bid's handler takes the place of an earlier one's.
      /** @type {HTMLElement} */ (found).onclick = () => void handler();
    }
  }
}

/**
 * @param {string} name of the file
 * @param {string} text
 */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
