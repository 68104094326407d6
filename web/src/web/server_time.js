// Platform time in the page. Every lawful instant is the server's (platform_now), and a demonstration's clock
// can jump, so the page never trusts the visitor's own clock: it keeps an offset to a monotonic counter
// and renews it. Contract: <meta name="server-time" content="2026-11-23T08:00:00.000Z">; GET /v1/time -> {"now": "…"}.

const RENEW_MS = 30_000;

/** Milliseconds to add to performance.now() to get platform time. */
let offset = NaN;
/** The meta element last read: a boosted navigation brings a new one. */
let readFrom = '';

/** Takes the instant the page was rendered at, once per meta value. */
function readMeta() {
  const meta = document.querySelector('meta[name="server-time"]');
  const text = meta?.getAttribute('content') ?? '';
  if (text === '' || text === readFrom) return;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return;
  readFrom = text;
  // Never turn a better (measured) reading back to the rendered one, which is older by the transfer time.
  if (Number.isNaN(offset)) offset = at - performance.now();
}

/** @returns {number} platform time in ms since the epoch; the visitor's clock only when the server gave none */
export function serverNow() {
  readMeta();
  return Number.isNaN(offset) ? Date.now() : offset + performance.now();
}

/** Asks the server once and corrects the offset by half the round trip. */
export async function renew() {
  const sent = performance.now();
  try {
    const answer = await fetch('/v1/time', { headers: { accept: 'application/json' }, cache: 'no-store' });
    if (!answer.ok) return;
    const body = /** @type {{now?: string}} */ (await answer.json());
    const at = Date.parse(body.now ?? '');
    if (!Number.isNaN(at)) offset = at - (sent + performance.now()) / 2;
  } catch {
    // Offline: the last offset stands and keeps counting.
  }
}

/** Starts renewing; also at once when the page comes back from sleep, when a counter may have stood still. */
export function startServerTime() {
  readMeta();
  setInterval(() => {
    if (document.visibilityState === 'visible' && document.querySelector('[data-deadline]')) void renew();
  }, RENEW_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void renew();
  });
}
