// What the sealing page says, in both languages. Refusals of the engine and of the server are told by their codes; a server refusal
// that is not listed speaks for itself, in the visitor's language already.

import { fill } from '../web/texts.js';

/** @type {Record<string, Record<string, string>>} */
export const TEXTS = {
  'zh-CN': {
    'browser.missing': '本浏览器缺少加密所需的功能（{missing}）。请使用近期版本的 Chrome、Edge 或 Firefox，并以 https 访问；也可以改用命令行工具 trading seal。',
    'browser.store': '本浏览器不能在本机保存加密文件。请使用近期版本的 Chrome、Edge 或 Firefox（非隐私窗口），或改用命令行工具 trading seal。',
    'browser.room': '本机磁盘空间不足：加密文件约需 {size} MB。',
    'status.checking': '正在本机检查投标文件，不发送任何内容…',
    'status.keys': '正在解开密钥文件…',
    'status.sealing': '正在本机加密 {part}…',
    'status.keep': '已在本机加密完成。请先保存恢复文件：撤回、修改投标或在开标密钥保管人缺席时开启自己的投标，都要用它；平台不留副本。',
    'status.uploading': '正在上传密文…',
    'status.committing': '正在提交…',
    'status.waiting': '平台已出具回执。正在等待本时段写入日志并由见证方签名，最迟 {by}。请保存回执。',
    'status.overdue': '已超过回执承诺的写入时间。回执本身即是平台违约的证据，请保存并告知监督部门。本页继续查询。',
    'status.sealed': '已封存：投标已写入日志，见证方 {witnesses} 已签名。',
    'status.unwitnessed': '已写入日志，但本项目没有见证方（未见证）。',
    'status.withdrawn': '撤回已写入日志。',
    'status.resume': '本机有一份已加密但尚未提交完成的投标，可以继续上传，不必重新加密。',
    'status.late': '已过投标截止时间，平台拒收并出具了签名的拒收回执，请保存。',
    'status.reduced': '注意：本项目保密强度降低——招标人、代理机构或平台一方的密钥保管人即可凑足开标人数。',
    'progress': '{done} / {total} MB',
    'summary': '有 {count} 处需要改正，改正前不会加密',
    'check.required': '请填写。',
    'check.too_long': '不超过 200 个字。',
    'check.part_missing': '缺少必须提交的投标文件（招标投标法实施条例第五十一条：未响应实质性要求）。',
    'check.part_large': '这一部分的文件合计过大。',
    'check.file_twice': '有两个文件同名。',
    'check.file_reserved': '文件名“{name}”由系统生成，请改名。',
    'check.file_empty': '“{name}”是空文件。',
    'check.file_unreadable': '“{name}”读不出来，请重新选择。',
    'check.file_broken': '“{name}”的内容与扩展名不符，开标时将打不开。',
    'check.file_truncated': '“{name}”不完整（缺少 PDF 结尾），请重新导出。',
    'check.file_locked': '“{name}”设了密码，开标后评标委员会打不开，请去掉密码。',
    'check.price_form': '请填写金额，单位元，最多两位小数。',
    'check.price_zero': '报价必须大于零。',
    'check.price_ceiling': '报价超过最高投标限价 {ceiling} 元（招标投标法实施条例第五十一条第五项：否决）。',
    'check.price_words': '大写与数字不一致（评标委员会和评标方法暂行规定第十九条：以大写为准）。',
    'check.duration_form': '请填写工期，整数天。',
    'check.duration_limit': '工期超过招标文件要求的 {days} 天（招标投标法实施条例第五十一条：未响应实质性要求）。',
    'check.passphrase_short': '口令至少 {least} 个字符。',
    'check.passphrase_differs': '两次输入的口令不一致。',
    'check.file_missing': '请选择文件。',
    'check.certificate_time': '证书不在有效期内（{from} 至 {to}）。',
    'check.certificate_other': '证书属于“{organisation}”，不是当前登录的单位。',
    'sealing.keyfile.format': '这不是密钥文件（应为 ENCRYPTED PRIVATE KEY 的 PEM 文件）。',
    'sealing.keyfile.weak': '密钥文件的口令保护太弱（少于 600000 轮），请先重新生成密钥文件。',
    'sealing.keyfile.passphrase': '密钥文件的口令不对。',
    'sealing.recovery.format': '这不是恢复文件。',
    'sealing.recovery.weak': '恢复文件的口令保护太弱。',
    'sealing.recovery.passphrase': '恢复文件的口令不对。',
    'sealing.recovery.other': '这个恢复文件属于另一个标段。',
    'sealing.identity.certificate': '密钥文件里没有可读的证书。',
    'sealing.identity.key': '私钥与证书不是一对。',
    'sealing.object.changed': '“{name}”在加密过程中被改动，请重新选择后再试。',
    'sealing.announcement': '密钥公告未通过本机验证（{code}），已停止，没有加密任何内容。请告知监督部门。',
    'sealing.receipt': '平台的回执未通过本机验证（{code}）。请保存下载的文件并告知监督部门。',
    'sealing.inclusion': '日志证明未通过本机验证（{code}），不能认定已封存。请保存回执并告知监督部门。',
    'sealing.other': '本机加密失败（{code}），没有提交任何内容。',
    'network': '网络中断。已加密的内容保存在本机，可以继续上传，不必重新加密。',
    'signed_out': '登录已失效。请在另一页重新登录，然后继续上传；已加密的内容保存在本机。',
    'unexpected': '发生意外（{detail}）。已完成的部分保存在本机。',
    'refused': '平台拒绝：{detail}',
  },
  en: {
    'browser.missing': 'This browser lacks what sealing needs ({missing}). Use a recent Chrome, Edge or Firefox over https, or the command line tool trading seal.',
    'browser.store': 'This browser cannot keep encrypted files on this machine. Use a recent Chrome, Edge or Firefox (not a private window), or the command line tool trading seal.',
    'browser.room': 'Not enough disk space on this machine: the encrypted files need about {size} MB.',
    'status.checking': 'Checking the bid on this machine; nothing is sent…',
    'status.keys': 'Opening the key file…',
    'status.sealing': 'Encrypting {part} on this machine…',
    'status.keep': 'Encrypted on this machine. Save the recovery file first: it is what withdraws or replaces the bid, and what opens it when trustees are missing. The platform keeps no copy.',
    'status.uploading': 'Uploading ciphertext…',
    'status.committing': 'Submitting…',
    'status.waiting': 'The platform has given a receipt. Waiting for this slot to enter the journal under the witness’s signature, by {by} at the latest. Save the receipt.',
    'status.overdue': 'The time promised in the receipt has passed. The receipt itself proves the platform’s fault: keep it and tell the supervisor. This page keeps asking.',
    'status.sealed': 'Sealed: the bid is in the journal, cosigned by {witnesses}.',
    'status.unwitnessed': 'In the journal, but this project has no witness (unwitnessed).',
    'status.withdrawn': 'The withdrawal is in the journal.',
    'status.resume': 'A bid sealed on this machine has not been fully submitted. You can go on uploading; nothing is encrypted again.',
    'status.late': 'The deadline has passed. The platform refused the bid and signed a refusal: save it.',
    'status.reduced': 'Note: reduced secrecy. Trustees of the tenderer, its agency or the platform alone are enough to open.',
    'progress': '{done} / {total} MB',
    'summary': '{count} things to correct; nothing is encrypted before',
    'check.required': 'Please fill this in.',
    'check.too_long': 'At most 200 characters.',
    'check.part_missing': 'A required bid document is missing (TBR art. 51: not responsive).',
    'check.part_large': 'The files of this part are too large together.',
    'check.file_twice': 'Two files have the same name.',
    'check.file_reserved': 'The name “{name}” is made by the system; please rename the file.',
    'check.file_empty': '“{name}” is empty.',
    'check.file_unreadable': '“{name}” cannot be read; choose it again.',
    'check.file_broken': 'The content of “{name}” is not what its extension says; it would not open at the opening.',
    'check.file_truncated': '“{name}” is incomplete (no PDF ending); export it again.',
    'check.file_locked': '“{name}” has a password; the committee could not open it. Remove the password.',
    'check.price_form': 'An amount in yuan with at most two decimals.',
    'check.price_zero': 'The price must be above zero.',
    'check.price_ceiling': 'The price is above the ceiling of ¥{ceiling} (TBR art. 51(5): rejected).',
    'check.price_words': 'Words and figures differ (Provisional rules on evaluation, art. 19: words prevail).',
    'check.duration_form': 'The duration in whole days.',
    'check.duration_limit': 'The duration is above the {days} days of the tender documents (TBR art. 51: not responsive).',
    'check.passphrase_short': 'A passphrase has at least {least} characters.',
    'check.passphrase_differs': 'The two passphrases differ.',
    'check.file_missing': 'Please choose a file.',
    'check.certificate_time': 'The certificate is not valid now ({from} to {to}).',
    'check.certificate_other': 'The certificate belongs to “{organisation}”, not to the organisation signed in.',
    'sealing.keyfile.format': 'Not a key file (a PEM file with an ENCRYPTED PRIVATE KEY).',
    'sealing.keyfile.weak': 'The key file is protected too weakly (under 600,000 rounds); make a new one first.',
    'sealing.keyfile.passphrase': 'Wrong passphrase for the key file.',
    'sealing.recovery.format': 'Not a recovery file.',
    'sealing.recovery.weak': 'The recovery file is protected too weakly.',
    'sealing.recovery.passphrase': 'Wrong passphrase for the recovery file.',
    'sealing.recovery.other': 'This recovery file belongs to another lot.',
    'sealing.identity.certificate': 'The key file holds no readable certificate.',
    'sealing.identity.key': 'The private key is not the certificate’s.',
    'sealing.object.changed': '“{name}” changed while it was being encrypted; choose it again.',
    'sealing.announcement': 'The key announcement failed verification on this machine ({code}). Stopped; nothing was encrypted. Tell the supervisor.',
    'sealing.receipt': 'The platform’s receipt failed verification on this machine ({code}). Keep the downloaded files and tell the supervisor.',
    'sealing.inclusion': 'The journal’s proof failed verification on this machine ({code}); the bid cannot be called sealed. Keep the receipt and tell the supervisor.',
    'sealing.other': 'Sealing failed on this machine ({code}); nothing was submitted.',
    'network': 'The connection broke. What is encrypted stays on this machine; go on uploading, nothing is encrypted again.',
    'signed_out': 'You are signed out. Sign in on another page, then go on; what is encrypted stays on this machine.',
    'unexpected': 'Something unexpected happened ({detail}). What is done stays on this machine.',
    'refused': 'Refused by the platform: {detail}',
  },
};

/**
 * @param {string} key
 * @param {Record<string, unknown>} [params]
 * @returns {string} in the page's language
 */
export function say(key, params) {
  const table = TEXTS[document.documentElement.lang.startsWith('en') ? 'en' : 'zh-CN'];
  return fill(table?.[key] ?? key, params);
}

/**
 * @param {string} code of an engine refusal
 * @returns {string} the key that tells it: its own, or its family's
 */
export function refusalKey(code) {
  const table = TEXTS['en'] ?? {};
  if (code in table) return code;
  const family = code.split('.').slice(0, 2).join('.');
  return family in table ? family : 'sealing.other';
}
