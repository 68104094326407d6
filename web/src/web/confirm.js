// Confirmation before the irreversible. A form (or its submit button, or an htmx element) that carries data-confirm
// asks in a <dialog> first; without JavaScript the server's own confirmation page stands in.
// Contract: data-confirm="sentence"; optional data-confirm-title, data-confirm-yes, data-confirm-no,
// data-confirm-word="撤回" (the word must be typed), data-confirm-danger (styles the button).
// Markup made: dialog.confirm > form > h2, p, [label > input], .confirm-actions > button[value=no], button[value=yes].

import { text } from './texts.js';

/** Elements whose next event has been agreed to. @type {WeakSet<Element>} */
const agreed = new WeakSet();

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Shows the dialog and waits for the answer; Escape and closing are a no.
 * @param {DOMStringMap} data the asking element's data attributes
 * @returns {Promise<boolean>}
 */
export function ask(data) {
  const lang = document.documentElement.lang;
  const word = data['confirmWord'] ?? '';
  const title = make('h2', { id: 'confirm-title' }, data['confirmTitle'] ?? text('confirm.title', lang));
  const body = make('p', { id: 'confirm-text' }, data['confirm'] ?? '');
  const no = make('button', { value: 'no', class: 'button', type: 'submit', formnovalidate: '' }, data['confirmNo'] ?? text('confirm.no', lang));
  const yes = make('button', { value: 'yes', class: 'confirmDanger' in data ? 'button danger' : 'button primary', type: 'submit' }, data['confirmYes'] ?? text('confirm.yes', lang));
  const actions = make('div', { class: 'confirm-actions' }, no, yes);
  const form = make('form', { method: 'dialog' }, title, body);
  if (word !== '') {
    const input = /** @type {HTMLInputElement} */ (make('input', { type: 'text', autocomplete: 'off', required: '' }));
    // setCustomValidity lets the browser say what is missing beside the field.
    const judge = () => input.setCustomValidity(input.value.trim() === word ? '' : text('confirm.type', lang, { word }));
    input.addEventListener('input', judge);
    judge();
    form.append(make('label', {}, text('confirm.type', lang, { word }), input));
  }
  form.append(actions);
  const dialog = /** @type {HTMLDialogElement} */ (
    make('dialog', { class: 'confirm', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' }, form)
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    dialog.showModal();
    // The safe answer has the focus, so a stray Enter does nothing irreversible.
    no.focus();
  });
}

/** @param {SubmitEvent} event */
async function onSubmit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const submitter = event.submitter;
  const asking = submitter instanceof HTMLElement && 'confirm' in submitter.dataset ? submitter : form;
  if (!('confirm' in asking.dataset)) return;
  if (agreed.delete(asking)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await ask(asking.dataset))) return;
  agreed.add(asking);
  form.requestSubmit(submitter instanceof HTMLElement ? submitter : null);
  // If the browser's own validation stopped it, the next try is asked again.
  agreed.delete(asking);
}

/** @param {Event} event */
async function onHtmxConfirm(event) {
  const { detail } = /** @type {CustomEvent<{elt: HTMLElement, issueRequest: (skip: boolean) => void}>} */ (event);
  // Forms were asked at submit; here come buttons and links that htmx sends by itself.
  if (detail.elt instanceof HTMLFormElement || !('confirm' in detail.elt.dataset)) return;
  if (detail.elt.closest('form') && detail.elt.getAttribute('type') === 'submit') return;
  event.preventDefault();
  if (await ask(detail.elt.dataset)) detail.issueRequest(true);
}

/** Listens in the capture phase, before htmx and before any page's own behaviour sees the submit. */
export function startConfirm() {
  document.addEventListener('submit', (event) => void onSubmit(/** @type {SubmitEvent} */ (event)), true);
  document.addEventListener('htmx:confirm', (event) => void onHtmxConfirm(event));
}
