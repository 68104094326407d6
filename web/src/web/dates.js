// Instants as people here read them: Beijing time, in the page's language.

/**
 * @param {string | Date} instant
 * @param {string} lang
 * @returns {string} 2026年11月23日 16:00:05, or 23 Nov 2026, 16:00:05 (Beijing)
 */
export function localTime(instant, lang) {
  const english = lang.startsWith('en');
  const at = new Date(instant);
  const date = new Intl.DateTimeFormat(english ? 'en-GB' : 'zh-CN', {
    timeZone: 'Asia/Shanghai',
    year: 'numeric',
    month: english ? 'short' : 'long',
    day: 'numeric',
  }).format(at);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);
  return english ? `${date}, ${clock} (Beijing)` : `${date} ${clock}`;
}
