// Countdown to a deadline by platform time. Without JavaScript the element shows the deadline itself.
// Contract: <span data-deadline="2026-12-14T01:30:00.000Z" role="timer">…</span>. The text is replaced each second;
// data-countdown becomes "far" | "near" (under an hour) | "past"; a `deadline` event (bubbling) fires once when it passes.
// Optional data-countdown-reload: the page is loaded again two seconds after the deadline, unless a listener has prevented it
// (a bid being uploaded must not be interrupted by its own page).

import { serverNow } from './server_time.js';
import { text } from './texts.js';

const HOUR = 3_600_000;

/**
 * @param {number} left milliseconds left
 * @param {string} lang
 * @returns {string}
 */
export function describe(left, lang) {
  if (left <= 0) return text('countdown.past', lang);
  const seconds = Math.ceil(left / 1000);
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((n) => String(n).padStart(2, '0'))
    .join(':');
  return days > 0 ? text('countdown.days', lang, { days, clock }) : text('countdown.clock', lang, { clock });
}

/** @param {HTMLElement} element */
function tick(element) {
  const at = Date.parse(element.dataset['deadline'] ?? '');
  if (Number.isNaN(at)) return;
  const left = at - serverNow();
  const shown = describe(left, document.documentElement.lang);
  if (element.textContent !== shown) element.textContent = shown;
  const before = element.dataset['countdown'];
  const state = left <= 0 ? 'past' : left <= HOUR ? 'near' : 'far';
  if (before === state) return;
  element.dataset['countdown'] = state;
  // Fires on the passing itself, not on opening a page whose deadline is long over.
  if (state === 'past' && before !== undefined) {
    const reload = element.dispatchEvent(new CustomEvent('deadline', { bubbles: true, cancelable: true }));
    if (reload && 'countdownReload' in element.dataset) setTimeout(() => location.reload(), 2000);
  }
}

/** Ticks every countdown on the page, those swapped in later too. */
export function startCountdowns() {
  const all = () => {
    for (const element of document.querySelectorAll('[data-deadline]')) tick(/** @type {HTMLElement} */ (element));
  };
  all();
  setInterval(all, 1000);
  document.addEventListener('htmx:afterSwap', all);
}
