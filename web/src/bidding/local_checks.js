// What would get a bid rejected, as far as the bidder's own machine can see it before sealing. Nothing is sent anywhere. Each
// problem names its field, a sentence of the catalogue and the article it comes from.

import { formatYuan, parseYuan, wordsAgree } from './amount.js';

/** @typedef {{field: string, key: string, params?: Record<string, unknown>}} Problem key of texts.js */
/**
 * @typedef {object} Draft
 * @property {Record<string, File[]>} files by part
 * @property {Record<string, string>} values by field name
 * @property {{id: string, required: boolean}[]} parts announced
 * @property {number | null} ceilingFen 最高投标限价
 * @property {number | null} durationMaxDays
 * @property {number} maxBytes of a part
 */

/** First bytes of the formats that bids come in; a file that says .pdf and is none will not open at the opening either. */
const MAGIC = /** @type {Record<string, number[][]>} */ ({
  pdf: [[0x25, 0x50, 0x44, 0x46, 0x2d]],
  zip: [[0x50, 0x4b, 3, 4]],
  docx: [[0x50, 0x4b, 3, 4]],
  xlsx: [[0x50, 0x4b, 3, 4]],
  ofd: [[0x50, 0x4b, 3, 4]],
  png: [[0x89, 0x50, 0x4e, 0x47]],
  jpg: [[0xff, 0xd8, 0xff]],
  jpeg: [[0xff, 0xd8, 0xff]],
});

/**
 * @param {File} file
 * @returns {Promise<string | null>} key of what is wrong with it
 */
async function fileProblem(file) {
  if (file.size === 0) return 'check.file_empty';
  let head;
  try {
    head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  } catch {
    return 'check.file_unreadable';
  }
  const extension = file.name.split('.').pop()?.toLowerCase() ?? '';
  const magics = MAGIC[extension];
  if (magics && !magics.some((magic) => magic.every((byte, i) => head[i] === byte))) return 'check.file_broken';
  if (extension === 'pdf') {
    const tail = new TextDecoder('latin1').decode(await file.slice(Math.max(0, file.size - 2048)).arrayBuffer());
    if (!tail.includes('%%EOF')) return 'check.file_truncated';
    if (/\/Encrypt\s/.test(tail)) return 'check.file_locked';
  }
  return null;
}

/**
 * @param {Draft} draft
 * @returns {Problem[]}
 */
function priceProblems({ values, ceilingFen, durationMaxDays }) {
  /** @type {Problem[]} */
  const problems = [];
  const fen = parseYuan(values['price'] ?? '');
  if (fen === null) problems.push({ field: 'price', key: 'check.price_form' });
  else if (fen <= 0) problems.push({ field: 'price', key: 'check.price_zero' });
  else if (ceilingFen !== null && fen > ceilingFen) {
    problems.push({ field: 'price', key: 'check.price_ceiling', params: { ceiling: formatYuan(ceilingFen) } });
  }
  if (fen !== null && fen > 0 && 'price_words' in values && !wordsAgree(values['price_words'] ?? '', fen)) {
    problems.push({ field: 'price_words', key: 'check.price_words' });
  }
  const days = Number(values['duration_days']);
  if (!/^[1-9]\d{0,5}$/.test(values['duration_days'] ?? '')) problems.push({ field: 'duration_days', key: 'check.duration_form' });
  else if (durationMaxDays !== null && days > durationMaxDays) {
    problems.push({ field: 'duration_days', key: 'check.duration_limit', params: { days: durationMaxDays } });
  }
  for (const field of ['quality', 'manager']) {
    const length = [...(values[field] ?? '').trim()].length;
    if (length === 0) problems.push({ field, key: 'check.required' });
    else if (length > 200) problems.push({ field, key: 'check.too_long' });
  }
  return problems;
}

/**
 * @param {Draft} draft
 * @returns {Promise<Problem[]>} empty when nothing speaks against sealing
 */
export async function checkDraft(draft) {
  const { files, parts, maxBytes } = draft;
  /** @type {Problem[]} */
  const problems = [];
  for (const { id, required } of parts) {
    const field = `part.${id}`;
    const chosen = files[id] ?? [];
    // identity.json and price.json are made by the page; every other part needs a file of the bidder's.
    const made = id === 'identity' || id === 'price';
    if (required && !made && chosen.length === 0) problems.push({ field, key: 'check.part_missing' });
    if (new Set(chosen.map((file) => file.name)).size !== chosen.length) problems.push({ field, key: 'check.file_twice' });
    if (chosen.reduce((size, file) => size + file.size, 0) > maxBytes) problems.push({ field, key: 'check.part_large' });
    for (const file of chosen) {
      const key = file.name === `${id}.json` ? 'check.file_reserved' : await fileProblem(file);
      if (key) problems.push({ field, key, params: { name: file.name } });
    }
  }
  if (parts.some(({ id }) => id === 'price')) problems.push(...priceProblems(draft));
  return problems;
}
