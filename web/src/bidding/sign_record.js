// Signing the opening record (开标记录): the digest, with the key of one's own certificate. The key file is opened here and nothing
// of it is sent; the platform gets the signature and the fingerprint of the certificate it knows already.
// Contract: form#sign-record[data-digest data-url data-back data-label?] with #sign-file, #sign-passphrase and [data-sign-status
// data-working data-wrong data-foreign]; #sign-certificates li[data-key data-fingerprint] are the person's certificates. A member of
// a committee signs the evaluation report (评标报告) in the same way under its own label, with a dissent from #sign-dissent if any.

import { hex, lp, unhex } from './sealing/bytes.js';
import { readKeyFile } from './sealing/key_file.js';

const LABEL = 'LBE1/record-present';

/**
 * @param {string} digest hex of the record's SHA-256
 * @param {string} [label] what kind of document it is
 * @param {string} [dissent] what the signer holds against it
 * @returns {import('./sealing/bytes.js').Bytes} what those present sign
 */
export function presentMessage(digest, label = LABEL, dissent = '') {
  return dissent ? lp(label, unhex(digest), dissent) : lp(label, unhex(digest));
}

/**
 * @param {HTMLFormElement} form
 * @param {(key: string, words?: string) => void} say
 */
async function signRecord(form, say) {
  const file = /** @type {HTMLInputElement} */ (form.querySelector('#sign-file')).files?.[0];
  const passphrase = /** @type {HTMLInputElement} */ (form.querySelector('#sign-passphrase')).value;
  const dissent = /** @type {HTMLTextAreaElement | null} */ (form.querySelector('#sign-dissent'))?.value.trim() ?? '';
  const { digest, url, back, label } = form.dataset;
  if (!file || !digest || !url || !back) return;
  say('working');
  let key;
  try {
    const { pkcs8 } = await readKeyFile(await file.text(), passphrase);
    key = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, true, ['sign']);
  } catch {
    say('wrong');
    return;
  }
  // The public half is in the exported key, in base64url.
  const { x = '' } = await crypto.subtle.exportKey('jwk', key);
  const raw = Uint8Array.from(atob(x.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  const mine = document.querySelector(`#sign-certificates [data-key="${hex(raw)}"]`);
  if (!(mine instanceof HTMLElement)) {
    say('foreign');
    return;
  }
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', key, presentMessage(digest, label, dissent)));
  const csrf = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': csrf },
    body: JSON.stringify({ fingerprint: mine.dataset['fingerprint'], signature: hex(signature), ...(dissent ? { dissent } : {}) }),
  });
  if (answer.ok) {
    location.assign(back);
    return;
  }
  const problem = await answer.json();
  say('refused', `${problem.detail ?? ''} ${problem.next ?? ''}`.trim());
}

// Imported under Node by its test, where there is no document.
const form = /** @type {HTMLFormElement | null | undefined} */ (globalThis.document?.querySelector('form#sign-record'));
if (form) {
  const status = /** @type {HTMLElement} */ (form.querySelector('[data-sign-status]'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void signRecord(form, (key, words = status.dataset[key] ?? '') => {
      status.textContent = words;
      status.className = key === 'working' ? 'message' : 'message error';
    });
  });
}
