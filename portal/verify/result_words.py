"""The sentences about candidates, award, contract and open data, apart from those of the opening."""

PASSED: dict[str, tuple[str, str]] = {
    "award.candidates": (
        "{count} 名中标候选人与签名的评标报告、开标报价一致",
        "{count} candidates are as the signed report ranks them, at the prices opened",
    ),
    "award.decided": ("{count} 次定标都从中标候选人中产生", "{count} decisions, each for one of the candidates"),
    "award.notice": (
        "结果公告与日志一致：{path}（{kind}）",
        "a result notice is as journalled: {path} ({kind})",
    ),
    "award.letter": ("通知书与日志一致：{path}（{kind}）", "a letter is as journalled: {path} ({kind})"),
    "ocds.journalled": (
        "开放数据 {count} 份发布逐字与日志一致",
        "{count} releases of open data are, letter by letter, those journalled",
    ),
    "ocds.release": (
        "开放数据与日志、开标所载事实一致：{release}",
        "open data says what the journal and the opening say: {release}",
    ),
}

FAILED: dict[str, tuple[str, str]] = {
    "award.candidates": (
        "中标候选人与签名的评标报告或开标结果不符",
        "the candidates are not those of the signed report and the opening",
    ),
    "award.winner": ("中标人不是候选人，或与日志不符", "the winner is no candidate, or not the journalled one"),
    "award.price": ("中标价或候选人报价与开标的不同", "another price is shown than was opened"),
    "award.reasons": ("公告所载定标理由的摘要与日志不符", "the digest of the reasons is not the journalled one"),
    "award.contract": ("合同公告的价款或日期与日志不符", "amount or day of the contract are not those journalled"),
    "award.early": ("公示开始之前就已定标", "it was decided before the candidates were public"),
    "award.unwitnessed": ("见证方没有为定标副签", "the witness has not cosigned the decision"),
    "award.missing": ("缺少日志中已发布的结果公告", "a result notice that the journal knows is missing"),
    "award.notice": ("结果公告不可读，或与日志不符", "a result notice is not readable, or not as journalled"),
    "award.letter": ("通知书不是日志中发出的那一份", "a letter is not the one that was issued"),
    "ocds.missing": ("缺少日志中已发布的开放数据", "open data that the journal knows is missing"),
    "ocds.form": ("开放数据不可读", "the open data cannot be read"),
    "ocds.unjournalled": ("开放数据不是入日志的那一份", "a release is not the journalled one"),
    "ocds.unwitnessed": ("见证方没有为这份开放数据副签", "the witness has not cosigned a release"),
    "ocds.deadline": ("开放数据的截止时间与公告不同", "open data shows another deadline than was announced"),
    "ocds.buyer": ("开放数据的招标人与登记的不同", "open data shows another buyer than is registered"),
    "ocds.document": ("开放数据所列文件没有归档", "open data names a document that was never filed"),
    "ocds.early": ("开标记录生成之前就公布了投标人", "bidders were released before the opening was recorded"),
    "ocds.bidder": ("开放数据的投标人与开标的不同", "open data shows other bidders than were opened"),
    "ocds.value": (
        "开放数据的金额与日志或开标的不同",
        "open data shows another amount than was opened or journalled",
    ),
    "ocds.rank": ("开放数据的排名、得分与公示的不同", "open data shows other ranks or scores than were publicised"),
    "ocds.award": ("开放数据的中标结果与日志不符", "open data shows another award than was decided"),
    "ocds.contract": ("开放数据的合同与日志不符", "open data shows another contract than was confirmed"),
}
