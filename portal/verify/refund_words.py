"""The sentences about deposits on their way back."""

PASSED: dict[str, tuple[str, str]] = {
    "refunds.journalled": (
        "保证金 {count} 笔的核定、付款文件与结果同日志一致",
        "plans, payment files and outcomes of {count} payments are those of the journal",
    ),
    "refunds.plans": (
        "每笔款项至多退还一次，本金与到账一致",
        "each payment that came in goes back once at most, whole",
    ),
    "refunds.interest": ("{count} 笔利息按利率与天数重新计算一致", "interest of {count} orders computed again"),
    "refunds.clocks": ("{count} 项退还期限重新计算一致", "the lawful day of {count} refunds computed again"),
    "refunds.eyes": (
        "{count} 份付款文件的制单人与复核人不是同一人",
        "{count} files had two people each",
    ),
    "refunds.once": ("没有一笔退款付过两次", "nothing was paid twice"),
    "refunds.ledger": (
        "{count} 笔凭证各自平衡，且与以上事实一致",
        "{count} postings balance and follow from this",
    ),
}

FAILED: dict[str, tuple[str, str]] = {
    "refunds.missing": ("缺少日志中已有的退款资料", "the refunds that the journal knows are missing"),
    "refunds.form": ("退款资料不可读", "the refunds cannot be read"),
    "refunds.unjournalled": ("退款资料与日志不符：{what}", "the refunds are not as journalled: {what}"),
    "refunds.line": ("退款对应的到账不存在或重复：{line}", "a refund of a payment that never came: {line}"),
    "refunds.principal": (
        "本金不是到账的金额：{refund}，{fen} 分",
        "principal is not what came: {refund}, {fen} fen",
    ),
    "refunds.interest": (
        "利息计算有误：{refund}，{fen} 分，应为 {due} 分",
        "wrong interest: {refund}, {fen} fen, due are {due}",
    ),
    "refunds.clock": ("退还期限与法定起算或天数不符：{refund}", "the lawful day is another: {refund}"),
    "refunds.total": (
        "付款文件的合计、付款日或利率不符：{batch}",
        "a file's total, day or rates are wrong: {batch}",
    ),
    "refunds.four_eyes": (
        "付款文件由制单人自己复核，或复核的是另一份：{batch}",
        "its preparer approved it: {batch}",
    ),
    "refunds.unapproved": ("付款没有经过复核：{payment}", "a payment that nobody approved: {payment}"),
    "refunds.twice": ("同一笔退款付了两次：{refund}", "paid twice: {refund}"),
    "refunds.end": ("付款结果与指令不符：{payment}", "an outcome that is not of its order: {payment}"),
    "refunds.unbalanced": ("凭证借贷不平：{of}", "a posting that does not balance: {of}"),
    "refunds.ledger": (
        "账簿与退款事实不符（{count} 笔）",
        "the ledger does not follow from it ({count} postings)",
    ),
    "refunds.unwitnessed": ("见证方没有为付款副签", "the witness has not cosigned the payments"),
}

NOTED: dict[str, tuple[str, str]] = {
    "refunds.late": ("{count} 笔退款超过法定期限", "{count} refunds were paid after their day"),
    "refunds.unpaid": ("{count} 笔退款尚未付清", "{count} refunds are not paid yet"),
}
