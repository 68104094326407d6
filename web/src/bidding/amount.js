// Amounts as bidders write them: figures in yuan and 大写 in words. Words prevail over figures at the evaluation, so a difference is
// caught before sealing (评标委员会和评标方法暂行规定 19).

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const UNITS = ['', '拾', '佰', '仟'];
/** @type {[number, string][]} */
const SECTIONS = [
  [10 ** 8, '亿'],
  [10 ** 4, '万'],
];

/**
 * @param {string} text "1,234.50", "￥1234.5"
 * @returns {number | null} fen; null if it is no amount of yuan with at most two decimals
 */
export function parseYuan(text) {
  const clean = text.replace(/[\s,，¥￥元]/g, '');
  const match = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(clean);
  if (!match) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

/**
 * @param {number} fen
 * @returns {string} "1,234.50"
 */
export function formatYuan(fen) {
  const yuan = Math.floor(fen / 100);
  return `${String(yuan).replace(/\B(?=(\d{3})+$)/g, ',')}.${String(fen % 100).padStart(2, '0')}`;
}

/** @param {number} number below ten thousand */
function group(number) {
  let out = '';
  let zero = false;
  for (let place = 3; place >= 0; place--) {
    const digit = Math.floor(number / 10 ** place) % 10;
    if (digit === 0) zero = true;
    else {
      out += (zero && out !== '' ? '零' : '') + DIGITS[digit] + UNITS[place];
      zero = false;
    }
  }
  return out;
}

/**
 * @param {number} number a whole one, above zero
 * @returns {string}
 */
function whole(number) {
  for (const [size, unit] of SECTIONS) {
    if (number < size) continue;
    const low = number % size;
    const gap = low > 0 && low < size / 10 ? '零' : '';
    return whole(Math.floor(number / size)) + unit + gap + (low > 0 ? whole(low) : '');
  }
  return group(number);
}

/**
 * @param {number} fen
 * @returns {string} 大写, as 支付结算办法 annex 1 writes it
 */
export function chineseCapital(fen) {
  const yuan = Math.floor(fen / 100);
  const jiao = Math.floor(fen / 10) % 10;
  const last = fen % 10;
  let words = yuan > 0 ? whole(yuan) : '';
  if (words !== '') words += '元';
  if (fen % 100 === 0) return `${words || '零元'}整`;
  if (jiao > 0) words += `${DIGITS[jiao]}角`;
  else if (words !== '') words += '零';
  return words + (last > 0 ? `${DIGITS[last]}分` : '整');
}

/**
 * @param {string} words as typed
 * @param {number} fen
 * @returns {boolean} whether the words say this amount: 圆 for 元, 正 for 整, a leading 人民币 are the same; so is a 零 left out or
 *   put in, which the rule leaves open in places, and every digit has its unit anyway
 */
export function wordsAgree(words, fen) {
  const plain = (/** @type {string} */ text) =>
    text.replace(/\s|^人民币[:：]?|零(?!元整?$)/g, '').replaceAll('圆', '元').replaceAll('正', '整').replace(/整$/, '');
  return plain(words) === plain(chineseCapital(fen));
}
