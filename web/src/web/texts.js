// The few sentences that only the browser can say, in both languages. Everything else is rendered by the server.

/** @type {Record<string, Record<string, string>>} */
export const TEXTS = {
  'zh-CN': {
    'countdown.past': '已截止',
    'countdown.days': '还有 {days} 天 {clock}',
    'countdown.clock': '还有 {clock}',
    'confirm.title': '请确认',
    'confirm.yes': '确认',
    'confirm.no': '取消',
    'confirm.type': '请输入“{word}”以确认',
    'live.lost': '实时连接中断，正在重连…',
    'live.open': '实时更新中',
    'problem.offline': '无法连接服务器，请检查网络后重试。您填写的内容仍在本页。',
    'problem.server': '服务器没有完成这一请求，请稍后重试。',
  },
  en: {
    'countdown.past': 'Closed',
    'countdown.days': '{days} d {clock} left',
    'countdown.clock': '{clock} left',
    'confirm.title': 'Please confirm',
    'confirm.yes': 'Confirm',
    'confirm.no': 'Cancel',
    'confirm.type': 'Type “{word}” to confirm',
    'live.lost': 'Live connection lost, reconnecting…',
    'live.open': 'Updating live',
    'problem.offline': 'The server cannot be reached. Check the connection and try again; what you typed is still on this page.',
    'problem.server': 'The server did not complete this request. Please try again shortly.',
  },
};

/**
 * @param {string} template
 * @param {Record<string, unknown>} [params]
 * @returns {string} the template with its {placeholders} filled
 */
export function fill(template, params = {}) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/**
 * @param {string} key
 * @param {string} lang the page's language; anything not English is answered in Chinese
 * @param {Record<string, unknown>} [params]
 * @returns {string}
 */
export function text(key, lang, params) {
  const table = TEXTS[lang.startsWith('en') ? 'en' : 'zh-CN'];
  return fill(table?.[key] ?? key, params);
}
