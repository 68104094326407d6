// My account: make a key in this browser, ask for its certificate, download both as one key file. The form is hidden until this runs;
// without script the page names `trading keys new` instead. Its words are in its data attributes, in the page's language.

import { NewKey, NoEd25519, SHORTEST_PASSPHRASE } from './keymaker.js';

/** The platform said no; its sentence is for the person. */
class Refused extends Error {}

/**
 * @param {import('./keymaker.js').CertificateRequest} request
 * @returns {Promise<{pem: string, ca: string, serial: string}>}
 */
async function certificateFor(request) {
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
  const answer = await fetch('/v1/certificates', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': token },
    body: JSON.stringify(request),
    cache: 'no-store',
  });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(`${body.detail ?? answer.status} ${body.next ?? ''}`.trim());
  return body;
}

/**
 * @param {string} text
 * @param {string} name
 */
function save(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-pem-file' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the address only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @param {HTMLFormElement} form */
function start(form) {
  const words = form.dataset;
  const status = /** @type {HTMLElement} */ (form.querySelector('[data-keymaker-status]'));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
  const [passphrase, again] = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll('input')]);
  if (!passphrase || !again) return;

  const say = (/** @type {string} */ text, /** @type {'info' | 'error' | 'done'} */ kind) => {
    status.textContent = text;
    status.className = kind === 'error' ? 'problem' : '';
    form.dataset['state'] = kind;
  };
  // The browser says what is wrong beside the field, in the page's words.
  const judge = () => {
    passphrase.setCustomValidity([...passphrase.value].length < SHORTEST_PASSPHRASE ? (words['short'] ?? '') : '');
    again.setCustomValidity(again.value === passphrase.value ? '' : (words['differs'] ?? ''));
  };
  form.addEventListener('input', judge);
  judge();

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    say(words['working'] ?? '', 'info');
    try {
      const key = await NewKey.make();
      const locked = await key.lock(passphrase.value);
      const { pem } = await certificateFor(await key.request(words['membership'] ?? ''));
      save(locked + pem, `${words['file'] ?? 'key'}.pem`);
      form.reset();
      judge();
      say(words['done'] ?? '', 'done');
    } catch (error) {
      if (error instanceof NoEd25519) say(words['unsupported'] ?? '', 'error');
      else say(`${words['failed'] ?? ''}${error instanceof Error ? error.message : String(error)}`, 'error');
    } finally {
      button.disabled = false;
    }
  });
  form.hidden = false;
}

for (const form of document.querySelectorAll('form[data-keymaker]')) start(/** @type {HTMLFormElement} */ (form));
