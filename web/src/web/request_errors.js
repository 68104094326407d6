// What an htmx request says when it fails: a sentence where the visitor is looking, never silence.
// Contract: <div id="messages" role="status"></div> in the layout; the text goes into a p.message.error there.

import { text } from './texts.js';

/** @param {string} key */
function say(key) {
  const place = document.getElementById('messages');
  if (!place) return;
  const line = document.createElement('p');
  line.className = 'message error';
  line.textContent = text(key, document.documentElement.lang);
  place.replaceChildren(line);
  place.scrollIntoView({ block: 'nearest' });
}

export function startRequestErrors() {
  document.addEventListener('htmx:sendError', () => say('problem.offline'));
  document.addEventListener('htmx:responseError', () => say('problem.server'));
}
