// Entry of the bundle every page loads: htmx, set up for a strict content security policy, and the small behaviours.

import htmx from 'htmx.org';

import { startConfirm } from './confirm.js';
import { startCopyAndPrint } from './copy.js';
import { startCountdowns } from './countdown.js';
import { startLive } from './live.js';
import { startRequestErrors } from './request_errors.js';
import { startServerTime } from './server_time.js';

// No eval, no style element injected, no request to another origin: the policy would refuse all three.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
// A refused form comes back as a fragment with the errors beside its fields, so 409 and 422 are swapped too.
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '409', swap: true },
  { code: '422', swap: true },
  { code: '[45]..', swap: false, error: true },
];

document.addEventListener('htmx:configRequest', (event) => {
  const { detail } = /** @type {CustomEvent<{verb: string, headers: Record<string, string>}>} */ (event);
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content');
  if (token && detail.verb !== 'get') detail.headers['x-csrf-token'] = token;
});

startConfirm();
startCopyAndPrint();
startServerTime();
startCountdowns();
startLive(htmx);
startRequestErrors();
