"""The sentences of a report in Chinese and English; a table of its own, so that verifying needs no web catalogues."""

from collections.abc import Mapping
from typing import Literal

from portal.verify import bag_words, committee_words, refund_words, result_words

Lang = Literal["zh", "en"]

# What held. Placeholders are the facts of the check.
PASSED: dict[str, tuple[str, str]] = {
    "manifest.form": ("证据清单可读：{lot}", "the manifest is readable: {lot}"),
    "files": ("{count} 个文件与清单一致", "{count} files are as the manifest says"),
    "manifest.signature": ("清单由平台导出密钥签名", "the manifest is signed by the platform's export key"),
    "announcement": (
        "密钥公告由全部 {n} 名保管人签名（{t}/{n}）",
        "the announcement is signed by all {n} trustees ({t} of {n})",
    ),
    "platform.keys": ("平台密钥与公告一致", "the platform's keys are those announced"),
    "journal.keys": ("日志密钥与公告一致：{origin}", "the journal's keys are those announced: {origin}"),
    "journal.signature": (
        "检查点由日志密钥签名，共 {size} 条",
        "the checkpoint over {size} entries is signed by the log",
    ),
    "journal.replay": ("日志逐条重算：{size} 条", "the journal is replayed, entry by entry: {size}"),
    "witness.cosignature": (
        "见证方副签：{size} 条，{at}（{where}）",
        "cosigned by the witness: {size} at {at} ({where})",
    ),
    "journal.history": ("{count} 个副签检查点与日志条目相符", "{count} cosigned checkpoints fit the journal's entries"),
    "journal.clock": ("副签时间与日志增长同向", "cosignature times grow with the journal"),
    "witness.pinned": ("见证方密钥已固定：{key}", "the witness's key is the pinned one: {key}"),
    "announcement.journalled": ("密钥公告已入日志", "the announcement stands in the journal"),
    "slots.sealed": ("{count} 个盲时隙按公告齐全", "all {count} blind slots of the announced schedule are sealed"),
    "slots.opened": (
        "{count} 个时隙全部打开，与封存一致，{acts} 项行为",
        "all {count} slots opened as sealed: {acts} acts",
    ),
    "box.derived": (
        "由时隙重算投标箱：{count} 份有效，根 {root}",
        "the box follows from the slots: {count} live, {root}",
    ),
    "box.journalled": ("投标箱与截止时入日志的一致", "the box is the one journalled at closing"),
    "closing.witnessed": ("截止后及时见证：{at}", "closing was witnessed in time: {at}"),
    "shares": (
        "{count} 份密钥份额由保管人签名，针对本箱",
        "{count} batches of shares, each signed by its trustee for this box",
    ),
    "settled": (
        "第 {phase} 阶段解密准备重算一致：{openable} 项可开",
        "phase {phase} settled as computed again: {openable} openable",
    ),
    "revealed": (
        "第 {phase} 阶段重新解密 {count} 项，与日志一致",
        "phase {phase}: {count} parts decrypted again, as journalled",
    ),
    "minimum": (
        "投标人数 {count}，最低 {minimum}，处置正确",
        "{count} bidders where {minimum} are needed: rightly treated",
    ),
    "record.signed": ("开标记录由平台签名", "the opening record is signed by the platform"),
    "record.journalled": ("开标记录已入日志", "the opening record stands in the journal"),
    "record.facts": ("开标记录所载事实与重算一致", "what the record says of the opening is as computed again"),
    "record.rows": ("开标一览表 {count} 行与重算一致", "the record's {count} lines are as computed again"),
    "record.objections": (
        "开标记录所载 {count} 项异议及答复与日志一致",
        "{count} objections with their answers are as journalled",
    ),
    "record.present": ("在场 {count} 人签名有效", "{count} signatures of those present are good"),
    "pdf": ("PDF 与归档一致：{path}", "the PDF is the one that was filed: {path}"),
    "pdf.sealed": (
        "PDF 的电子签章有效：{organisation}，{at}（{path}）",
        "the seal on the PDF is good: {organisation}, {at} ({path})",
    ),
    "entry.proof": (
        "日志条目在见证检查点中：{action}（{subject}），{at}",
        "the journal entry is under a witnessed checkpoint: {action} ({subject}), {at}",
    ),
    "receipt.proved": ("回执已兑现：第 {slot} 时隙在见证日志中", "a receipt's promise is proved kept: slot {slot}"),
    "receipts.history": ("{count} 份回执证明与日志条目相符", "{count} receipts' proofs fit the journal's entries"),
    "receipt": ("回执与投标箱一致：第 {slot} 时隙，{at}", "a receipt agrees with the box: slot {slot}, {at}"),
    "receipt.signed": (
        "回执由公告的回执密钥签名：{at}，第 {slot} 时隙",
        "signed by the announced receipt key: {at}, slot {slot}",
    ),
    "receipt.entry": ("回执所指条目由本人文件重算一致", "the promised entry is the one your own file makes"),
    "objection": ("异议回执与日志一致：{at}", "an objection's receipt stands in the journal: {at}"),
    "objection.signed": (
        "异议回执由公告的回执密钥签名：{at}",
        "the objection's receipt is signed by the announced receipt key: {at}",
    ),
    "refusal": ("拒收回执已入日志", "a signed refusal stands in the journal"),
    "refusal.signed": ("拒收回执由公告的回执密钥签名", "the refusal is signed by the announced receipt key"),
}

NOTED: dict[str, tuple[str, str]] = {
    "demonstration": ("演示数据，时钟可调", "a demonstration, its clock was moved"),
    "witness.key": (
        "见证方 {name} 的密钥指纹：{fingerprint}",
        "the key of witness {name} has the fingerprint {fingerprint}",
    ),
    "cancelled": ("本标段未开标", "this lot was not opened"),
    "pdf.authority": (
        "签发机构的证书取自 PDF 本身，请与公布的指纹核对：{fingerprint}",
        "the authority's certificate came with the PDF itself; compare its fingerprint: {fingerprint}",
    ),
    "pdf.unsealed": ("平台当时尚未启用电子签章：{path}", "the platform had no seal yet when this was printed: {path}"),
    "slot.late": ("平台迟于承诺时间封存时隙", "the platform sealed a slot later than it had promised"),
    "receipt.no_document": (
        "未找到本人的信封，条目未重算",
        "your own envelope is not beside it: the entry was not recomputed",
    ),
    "receipt.no_proof": ("尚无证明：这只是平台的承诺", "no proof beside it: so far this is a promise"),
}

FAILED: dict[str, tuple[str, str]] = {
    "evidence.unreadable": ("文件无法读取", "it cannot be read"),
    "manifest.form": ("清单缺失或格式不对", "the manifest is missing or malformed"),
    "manifest.signature": ("清单不是导出密钥签名的", "the manifest is not signed by the export key"),
    "file.changed": ("文件被改动", "a file was changed"),
    "file.missing": ("缺少文件", "a file is missing"),
    "file.unlisted": ("多出不该有的文件", "there is a file that should not be there"),
    "file.twice": ("归档中同一文件出现两次", "the archive holds a file twice"),
    "file.odd": ("链接或异常路径", "a link or an odd path"),
    "file.large": ("文件过大", "a file is too large"),
    "announcement.false": (
        "密钥公告无效，或缺少保管人签名",
        "the announcement is invalid or lacks a trustee's signature",
    ),
    "announcement.other_lot": ("公告属于另一标段", "the announcement is of another lot"),
    "announcement.versions": ("公告版本不连续", "the announcement's versions do not follow each other"),
    "announcement.unjournalled": ("日志中的公告不是这一份", "the journal knows another announcement"),
    "keys.log": ("日志密钥不是公告的", "the log's key is not the announced one"),
    "keys.witness": ("见证方密钥不是公告的", "a witness's key is not the announced one"),
    "keys.platform": ("平台密钥与公告不符", "a key of the platform is not the announced one"),
    "journal.signature": ("检查点不是日志密钥签名的", "the checkpoint is not signed by the log"),
    "journal.leaf": (
        "日志条目被改写：与副签过的检查点不符",
        "a journal entry was rewritten: the witness had cosigned another tree",
    ),
    "journal.twice": ("只应有一次的日志条目出现两次", "an entry that may stand once stands twice"),
    "journal.clock": ("较大的日志树反而先被副签", "a larger tree was cosigned before a smaller one"),
    "witness.cosignature": ("见证方没有为这棵日志树副签", "the witness has not cosigned this tree"),
    "witness.none": ("未见证：公告没有见证方", "unwitnessed: no witness was announced"),
    "witness.pinned": ("见证方密钥不是所固定的", "no cosignature by the pinned witness key"),
    "slot.dropped": ("缺少时隙", "a slot is missing"),
    "slot.added": ("多出时隙", "there is a slot too many"),
    "slot.false_empty": ("时隙被当作空的打开，其实有内容", "a slot was opened as empty and was not"),
    "slot.false": ("时隙打开的内容与封存的不同", "a slot was opened with other entries than it was sealed with"),
    "slot.salt": ("时隙的盐值丢失", "a slot's salt is lost"),
    "slot.time": ("时隙不是按公告时间封存的", "a slot was not sealed for its announced time"),
    "slot.schedule": ("时隙安排与公告不同", "the slots' schedule is not the announced one"),
    "slot.form": ("时隙格式不对", "the slots are malformed"),
    "bid.dropped": (
        "一份投标被抹去：曾经收下，现在箱中没有",
        "a bid was dropped: it had been taken in, and the box lacks it",
    ),
    "bid.added_late": (
        "截止后加入的投标：密封时箱中没有它",
        "a bid was added after the deadline: the box did not have it",
    ),
    "bid.revived": ("已撤回或已替换的投标又出现", "a withdrawn or replaced bid is back"),
    "bid.slot": ("投标不在其时间所属的时隙", "a bid stands in another slot than its time says"),
    "bid.act": ("投标记录与信封不符", "a bid's entry says otherwise than its envelope"),
    "bid.envelope": ("信封无效", "an envelope is not valid"),
    "bid.twice": ("同一投标出现两次", "a bid stands twice"),
    "bid.chain": ("替换或撤回关系不成立", "a replacement or withdrawal does not follow"),
    "bid.withdrawal": ("时隙中没有的撤回文件", "a withdrawal that no slot knows"),
    "box.unjournalled": ("投标箱不是截止时入日志的那一个", "the box is not the one journalled at closing"),
    "box.history": ("信封目录与重算不符", "the list of envelopes is not what follows from the slots"),
    "closing.late": ("截止后 120 秒内没有见证", "closing was not witnessed within 120 seconds of the deadline"),
    "shares.false": ("密钥份额不是保管人为本标段签名的", "a batch of shares is not signed by its trustee for this lot"),
    "shares.box": ("保管人签名针对的是另一个投标箱", "a trustee signed for another box"),
    "shares.unjournalled": ("日志中没有的份额", "a batch that the journal does not know"),
    "shares.missing": ("缺少日志中已收到的份额", "a batch that the journal knows is missing"),
    "settled.false": ("解密准备的决定与重算不符", "the settled decisions are not those computed again"),
    "settled.unjournalled": ("解密准备不是入日志的那一份", "the settled document is not the journalled one"),
    "settled.unwitnessed": (
        "开标前没有见证解密准备",
        "what was settled had not been witnessed before anything was opened",
    ),
    "reveal.false": ("日志中的开标结果与重新解密不符", "the journalled result is not what decrypting again gives"),
    "reveal.unjournalled": ("开标结果未入日志", "the reveal is not in the journal"),
    "minimum.ignored": ("投标人不足却开标，或未按规定处理", "opened, or not rightly stopped, with too few bidders"),
    "minimum.false": ("人数足够却没有开完", "not opened to the end though bidders sufficed"),
    "record.price": ("开标记录中的报价与密封的不同", "the record shows another offer than was sealed"),
    "record.identity": ("开标记录中的投标人与密封的不同", "the record shows another bidder than was sealed"),
    "record.rows": ("开标一览表与重算不符", "the record's lines are not those computed again"),
    "record.facts": ("开标记录所载事实与重算不符", "the record says otherwise of the opening than was computed"),
    "record.signature": ("开标记录不是平台签名的", "the record is not signed by the platform"),
    "record.unjournalled": ("开标记录不是入日志的那一份", "the record is not the journalled one"),
    "record.objections": (
        "开标记录所载异议、答复或保证金与日志不符",
        "objections, answers or deposits in the record are not those the journal knows",
    ),
    "record.present": ("在场人员签名不成立", "a signature of those present does not hold"),
    "pdf.changed": (
        "PDF 被改动：见证日志中没有这一份",
        "the PDF was changed: the witnessed journal names no such file",
    ),
    "pdf.seal": ("PDF 没有交易中心的有效电子签章", "the PDF does not bear a good seal of the trading centre"),
    "pdf.source": (
        "PDF 所附的原始数据不是入日志的那一份",
        "what the PDF carries is not the journalled text it was made from",
    ),
    "notice.unjournalled": ("日志中没有本标段的公告发布", "the journal knows no notice of this lot"),
    "entry.proof": ("日志条目的证明不成立：{why}", "the proof of the journal entry does not hold: {why}"),
    "receipt.form": ("不是可读的回执", "not a readable receipt"),
    "receipt.other_lot": ("回执属于另一标段", "the receipt is of another lot"),
    "receipt.signature": ("回执不是公告的回执密钥签名的", "the receipt is not signed by the announced receipt key"),
    "receipt.entry": ("回执所指条目不是本人的投标", "the receipt promises another entry than the bid makes"),
    "receipt.malformed": ("回执证明不可读，或未被见证", "the receipt's proof is malformed or unwitnessed"),
    "receipt.slot": ("回执证明中的条目不在该时隙", "the proof does not show the entry in its slot"),
    "receipt.journal": ("回执证明中的时隙不在见证日志", "the proof does not show the slot in the witnessed journal"),
    "receipt.unkept": ("已证明的条目不在打开的时隙中", "an entry once proved is not in the slot as opened"),
    "receipt.no_announcement": (
        "旁边没有密钥公告，无从核验",
        "the lot's announcement is not beside it, so nothing can be checked",
    ),
    "receipt.no_envelope": ("缺少被撤回的信封", "the envelope that was withdrawn is not beside it"),
    "objection.unjournalled": (
        "异议被抹去：有回执而日志中没有",
        "an objection was dropped: it has a receipt, and the journal lacks it",
    ),
    "refusal.unjournalled": ("拒收未入日志", "the refusal is not in the journal"),
    "refusal.early": ("截止前到达却被作为迟到拒收", "refused as late though it came in time"),
}

VERDICTS: dict[str, tuple[str, str]] = {
    "pinned": ("核验通过，见证方密钥已固定", "verified, the witness's key pinned"),
    "unpinned": ("与自身一致，密钥未固定", "consistent with itself, keys not pinned"),
    "failed": ("核验未通过：{codes}", "not verified: {codes}"),
}

PASSED |= bag_words.PASSED | committee_words.PASSED | result_words.PASSED | refund_words.PASSED
FAILED |= bag_words.FAILED | committee_words.FAILED | result_words.FAILED | refund_words.FAILED
NOTED |= bag_words.NOTED | refund_words.NOTED


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


def sentence(table: Mapping[str, tuple[str, str]], code: str, lang: Lang, facts: Mapping[str, object]) -> str:
    """The words of a code, its facts filled in."""
    return table[code][0 if lang == "zh" else 1].format_map(_Facts(facts))


def language(locale: str) -> Lang:
    """Chinese unless the machine's own language is another; a machine without one gets Chinese."""
    name = locale.partition(".")[0].partition("_")[0].lower()
    return "zh" if name in {"", "c", "posix", "zh"} else "en"
