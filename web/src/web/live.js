// Live pages by server-sent events. The browser resumes by Last-Event-ID on its own reconnects; a stream that the server
// closed for good (restart, session ended) is opened again here with the last id as `?after=`.
// Contract: <section data-live="/live/lot:…" data-live-after="17"> … </section>; each event has id, event (its kind), data (JSON object).
//   data-live-on="kind other"   the element is asked again: its hx-get with hx-trigger="live", conflated over 150 ms;
//                               or, if the event's data has `html`, that fragment is swapped in
//   data-live-text="kind.field" the element's text becomes data.field
// data-live-state on the section is "open" | "lost"; a [data-live-status] inside says it in words (aria-live belongs there).

import { text } from './texts.js';

const CONFLATE_MS = 150;
const RETRY_MS = [1000, 2000, 5000, 10_000];

/**
 * @typedef {{trigger(element: Element, name: string): void, process(element: Element): void}} Htmx
 */

/** One stream shown in one section. */
class Live {
  /**
   * @param {HTMLElement} section
   * @param {Htmx} htmx
   */
  constructor(section, htmx) {
    this.section = section;
    this.htmx = htmx;
    this.after = section.dataset['liveAfter'] ?? '';
    this.failures = 0;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {Set<string>} */
    this.kinds = new Set();
    /** @type {Map<Element, ReturnType<typeof setTimeout>>} */
    this.pending = new Map();
    this.open();
  }

  /** The kinds the section's elements ask for; an EventSource only hands over kinds it listens to. */
  wanted() {
    const kinds = new Set();
    for (const element of this.section.querySelectorAll('[data-live-on], [data-live-text]')) {
      const { liveOn, liveText } = /** @type {HTMLElement} */ (element).dataset;
      for (const kind of (liveOn ?? '').split(/\s+/)) if (kind) kinds.add(kind);
      if (liveText) kinds.add(liveText.slice(0, liveText.lastIndexOf('.')));
    }
    return kinds;
  }

  open() {
    const url = new URL(this.section.dataset['live'] ?? '', location.href);
    if (this.after !== '') url.searchParams.set('after', this.after);
    this.kinds = new Set();
    const source = new EventSource(url);
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.say('open');
    };
    source.onerror = () => {
      this.say('lost');
      if (source.readyState !== EventSource.CLOSED) return;
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)] ?? 10_000;
      setTimeout(() => {
        if (this.section.isConnected) this.open();
      }, wait);
    };
    this.listen();
  }

  /** Adds listeners for kinds that were not asked for before (fragments swapped in may ask for new ones). */
  listen() {
    for (const kind of this.wanted()) {
      if (this.kinds.has(kind)) continue;
      this.kinds.add(kind);
      this.source?.addEventListener(kind, (event) => this.take(kind, event));
    }
  }

  /** @param {'open' | 'lost'} state */
  say(state) {
    this.section.dataset['liveState'] = state;
    const status = this.section.querySelector('[data-live-status]');
    if (status) status.textContent = text(`live.${state}`, document.documentElement.lang);
  }

  /**
   * @param {string} kind
   * @param {MessageEvent<string>} event
   */
  take(kind, event) {
    if (event.lastEventId !== '') this.after = event.lastEventId;
    const data = /** @type {Record<string, unknown>} */ (event.data === '' ? {} : JSON.parse(event.data));
    for (const found of this.section.querySelectorAll('[data-live-on], [data-live-text]')) {
      const element = /** @type {HTMLElement} */ (found);
      const { liveOn, liveText } = element.dataset;
      if (liveText?.startsWith(`${kind}.`)) {
        const value = data[liveText.slice(kind.length + 1)];
        if (value !== undefined) element.textContent = String(value);
      }
      if (!(liveOn ?? '').split(/\s+/).includes(kind)) continue;
      if (typeof data['html'] === 'string') {
        // Rendered by our own server with autoescape, as every page is.
        element.innerHTML = data['html'];
        this.htmx.process(element);
      } else this.refresh(element);
    }
  }

  /** @param {Element} element */
  refresh(element) {
    if (this.pending.has(element)) return;
    this.pending.set(
      element,
      setTimeout(() => {
        this.pending.delete(element);
        if (element.isConnected) this.htmx.trigger(element, 'live');
      }, CONFLATE_MS),
    );
  }

  close() {
    this.source?.close();
    for (const timer of this.pending.values()) clearTimeout(timer);
  }
}

/**
 * Opens a stream for every [data-live] section, closes those that left the page.
 * @param {Htmx} htmx
 */
export function startLive(htmx) {
  /** @type {Map<HTMLElement, Live>} */
  const open = new Map();
  const settle = () => {
    for (const [section, live] of open) {
      if (section.isConnected) live.listen();
      else {
        live.close();
        open.delete(section);
      }
    }
    for (const found of document.querySelectorAll('[data-live]')) {
      const section = /** @type {HTMLElement} */ (found);
      if (!open.has(section)) open.set(section, new Live(section, htmx));
    }
  };
  settle();
  document.addEventListener('htmx:afterSettle', settle);
  // A frozen or hidden page in the back/forward cache must not hold a connection.
  addEventListener('pagehide', () => {
    for (const live of open.values()) live.close();
    open.clear();
  });
  addEventListener('pageshow', settle);
}
