// Two small buttons that only a browser can do: copy what is written beside them, print the page. Without script they stay hidden.
// Contract: <button data-copy="0061…" data-copied="Copied" hidden>Copy</button> · <button data-print hidden>Print</button>.

const SHOWN_MS = 3000;

/** @param {HTMLElement} button */
async function copy(button) {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
  } catch {
    return; // refused by the browser: the number stands on the page to be selected
  }
  button.textContent = button.dataset['copied'] ?? words;
  button.setAttribute('aria-live', 'polite');
  setTimeout(() => {
    button.textContent = words;
  }, SHOWN_MS);
}

/** Shows the buttons of the page, those swapped in later too. */
export function startCopyAndPrint() {
  const show = () => {
    for (const button of document.querySelectorAll('[data-copy], [data-print]')) button.removeAttribute('hidden');
  };
  show();
  document.addEventListener('htmx:afterSwap', show);
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest('[data-copy]');
    if (button instanceof HTMLElement) void copy(button);
    if (target?.closest('[data-print]')) window.print();
  });
}
