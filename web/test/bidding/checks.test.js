import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

import { chineseCapital, formatYuan, parseYuan, wordsAgree } from '../../src/bidding/amount.js';
import { checkDraft } from '../../src/bidding/local_checks.js';
import { TEXTS, refusalKey } from '../../src/bidding/texts.js';

test('amounts in figures and words', () => {
  assert.equal(parseYuan('¥1,234.5'), 123_450);
  assert.equal(parseYuan('￥1，234.5元'), 123_450);
  assert.equal(parseYuan('1234567890123'), 123_456_789_012_300);
  for (const wrong of ['', '1.234', '-1', '1e3', '一百', '1.2.3']) assert.equal(parseYuan(wrong), null, wrong);
  assert.equal(formatYuan(123_456_705), '1,234,567.05');
  for (const [fen, words] of /** @type {[number, string][]} */ ([
    [0, '零元整'],
    [5, '伍分'],
    [50, '伍角整'],
    [100_05, '壹佰元零伍分'],
    [1_234_50, '壹仟贰佰叁拾肆元伍角整'],
    [10_000_00, '壹万元整'],
    [100_010_000_00, '壹亿零壹万元整'],
    [1_000_500_00, '壹佰万零伍佰元整'],
    [30_005_000_07, '叁仟万伍仟元零柒分'],
  ])) {
    assert.equal(chineseCapital(fen), words);
    assert.ok(wordsAgree(words, fen));
  }
  assert.ok(wordsAgree('人民币：壹仟贰佰叁拾肆圆伍角', 1_234_50));
  assert.ok(wordsAgree('壹拾万零柒仟元伍角叁分', 107_000_53) && wordsAgree('壹拾万柒仟元零伍角叁分', 107_000_53));
  assert.ok(!wordsAgree('壹仟零伍元整', 1_500_00));
  assert.ok(!wordsAgree('壹仟贰佰叁拾伍元伍角整', 1_234_50));
});

const pdf = (/** @type {string} */ tail) => new File([`%PDF-1.7\n${'x'.repeat(3000)}\n${tail}`], '施组.pdf');

/** @type {() => import('../../src/bidding/local_checks.js').Draft} */
const good = () => ({
  files: { identity: [], technical: [pdf('%%EOF\n')], price: [] },
  values: { price: '9,000,000.00', price_words: '玖佰万元整', duration_days: '300', quality: '合格', manager: '张三' },
  parts: [{ id: 'identity', required: true }, { id: 'technical', required: true }, { id: 'price', required: true }],
  ceilingFen: 900_000_000,
  durationMaxDays: 300,
  maxBytes: 10_000,
});

test('a draft in order has no problem; each defect is named at its field', async () => {
  assert.deepEqual(await checkDraft(good()), []);
  /** @type {[string, string, (draft: ReturnType<typeof good>) => void][]} */
  const defects = [
    ['part.technical', 'check.part_missing', (d) => (d.files['technical'] = [])],
    ['part.technical', 'check.file_truncated', (d) => (d.files['technical'] = [pdf('')])],
    ['part.technical', 'check.file_locked', (d) => (d.files['technical'] = [pdf('/Encrypt 5 0 R\n%%EOF')])],
    ['part.technical', 'check.file_broken', (d) => (d.files['technical'] = [new File(['hello'], 'a.pdf')])],
    ['part.technical', 'check.file_empty', (d) => (d.files['technical'] = [new File([], 'a.txt')])],
    ['part.technical', 'check.file_twice', (d) => (d.files['technical'] = [new File(['1'], 'a'), new File(['2'], 'a')])],
    ['part.technical', 'check.part_large', (d) => (d.maxBytes = 100)],
    ['part.price', 'check.file_reserved', (d) => (d.files['price'] = [new File(['{}'], 'price.json')])],
    ['price', 'check.price_form', (d) => (d.values['price'] = 'nine')],
    ['price', 'check.price_zero', (d) => (d.values['price'] = '0.00')],
    ['price', 'check.price_ceiling', (d) => (d.ceilingFen = 899_999_999)],
    ['price_words', 'check.price_words', (d) => (d.values['price_words'] = '捌佰万元整')],
    ['duration_days', 'check.duration_form', (d) => (d.values['duration_days'] = '0')],
    ['duration_days', 'check.duration_limit', (d) => (d.durationMaxDays = 299)],
    ['quality', 'check.required', (d) => (d.values['quality'] = ' ')],
    ['manager', 'check.too_long', (d) => (d.values['manager'] = '长'.repeat(201))],
  ];
  for (const [field, key, spoil] of defects) {
    const draft = good();
    spoil(draft);
    const found = await checkDraft(draft);
    assert.deepEqual(found.map((problem) => [problem.field, problem.key]), [[field, key]], key);
    assert.ok(TEXTS['en']?.[key], key);
  }
});

test('both languages have every sentence, with the same placeholders, and every engine refusal has one', async () => {
  const holders = (/** @type {string} */ text) => [...new Set([...text.matchAll(/\{\w+\}/g)].map(String))].sort();
  const { 'zh-CN': chinese = {}, en: english = {} } = TEXTS;
  assert.deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort());
  for (const key of Object.keys(chinese)) assert.deepEqual(holders(chinese[key] ?? ''), holders(english[key] ?? ''), key);
  const folder = new URL('../../src/bidding/', import.meta.url);
  const sources = (await readdir(folder)).filter((name) => name.endsWith('.js') && name !== 'sign_record.js'); // its words come with its page
  const code = (await Promise.all(sources.map((name) => readFile(new URL(name, folder), 'utf8')))).join('\n');
  for (const [, key = ''] of code.matchAll(/say\('([a-z._]+)'/g)) assert.ok(key in english, key);
  for (const key of Object.keys(english)) {
    assert.ok(code.replaceAll(/^ {4}'.*$/gm, '').includes(`'${key}'`) || key.startsWith('sealing.'), `unused: ${key}`);
  }
  assert.equal(refusalKey('sealing.keyfile.weak'), 'sealing.keyfile.weak');
  assert.equal(refusalKey('sealing.receipt.sig'), 'sealing.receipt');
  assert.equal(refusalKey('sealing.shamir.seats'), 'sealing.other');
});
