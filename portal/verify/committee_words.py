"""The sentences about draw and evaluation, apart from those of the opening."""

PASSED: dict[str, tuple[str, str]] = {
    "draw.read": ("抽取 {draw} 逐步重算", "draw {draw}, computed again step by step"),
    "draw.announcement": ("抽取公告格式正确：{ann}", "the draw's announcement is well formed: {ann}"),
    "draw.roster": ("专家库快照 {size} 人，根 {root}", "the roster's snapshot has {size} experts: {root}"),
    "draw.filter": ("符合条件：{counts}", "eligible: {counts}"),
    "draw.commits": ("{count} 份承诺在截止前", "{count} commitments came in time"),
    "draw.reveals": (
        "{count} 份公开与承诺一致，缺 {missing} 份",
        "{count} reveals are as committed, {missing} missing",
    ),
    "draw.beacon": ("公开随机源 {name} {issue}：{value}", "the random source {name} {issue}: {value}"),
    "draw.seed": ("种子重算一致：{seed}", "the seed is as computed again: {seed}"),
    "draw.order": ("抽取顺序 {count} 位重算一致", "the order's {count} places are as computed again"),
    "draw.calls": (
        "{count} 次通知都按顺序，回复均由呼叫网关签名；{refused} 次谢绝或未答，{replaced} 次替换",
        "{count} calls, each the next in order, answers signed by the gateway; {refused} refused, {replaced} replaced",
    ),
    "draw.panel": ("抽取结果 {count} 人重算一致", "the panel of {count} is as computed again"),
    "draw.journalled": (
        "抽取的 {count} 步都在日志中，顺序相符",
        "{count} steps of the draw stand in the journal, in order",
    ),
    "draw.witnessed": (
        "随机源开出之前，承诺与公开已由见证方副签：{at}",
        "commitments and reveals were cosigned before the beacon: {at}",
    ),
    "draw.absent": (
        "{count} 名成员因故更换，都在解密之后并有申明在先",
        "{count} members replaced, each declared before, all after the unlocking",
    ),
    "draw.recused": ("{count} 次回避都在开标之后", "{count} recusals, all after the opening"),
    "evaluation.read": ("评标报告可读", "the evaluation report is readable"),
    "evaluation.terms": (
        "评标办法在全部保管人签名的招标文件之内",
        "the terms of evaluation are among the documents that all trustees signed for",
    ),
    "evaluation.bids": ("{count} 份投标与开标一致", "its {count} bids are those opened"),
    "evaluation.figures": (
        "{count} 份投标的报价分、总分、排名重算一致",
        "price scores, totals and ranks of {count} bids are as computed again",
    ),
    "evaluation.journalled": (
        "报告与 {count} 份评分表承诺在日志中",
        "report and {count} sheets' commitments stand in the journal",
    ),
    "evaluation.signed": ("{count} 名评委对报告的签名有效", "{count} members' signatures over the report are good"),
}

FAILED: dict[str, tuple[str, str]] = {
    "draw.announcement": ("抽取公告无效", "the draw's announcement is not valid"),
    "draw.other_lot": ("抽取属于另一标段", "the draw is of another lot"),
    "draw.missing": ("缺少日志中已公告的抽取", "a draw that the journal announced is missing"),
    "draw.rerolled": (
        "同一标段重新抽取，没有沿用原来的顺序",
        "the lot was drawn again instead of going on in its order",
    ),
    "draw.roster": ("专家库与公告的根不符", "the roster is not the one of the announced root"),
    "draw.roster.young": ("专家库快照不足七天", "the roster's snapshot is less than seven days old"),
    "draw.filter": ("符合条件的名单与公布的根不符", "a list of eligible experts is not the one of its root"),
    "draw.filter.few": ("符合条件的人数不足", "too few experts were eligible"),
    "draw.commits": ("承诺的各方与公告不符", "the parties that committed are not those announced"),
    "draw.commits.late": ("承诺不在规定时间内", "a commitment was not within its time"),
    "draw.reveals": ("公开的内容与承诺不符", "a reveal is not what was committed"),
    "draw.reveals.late": ("公开不在规定时间内", "a reveal was not within its time"),
    "draw.beacon": ("随机源不是公告的那一个", "the random source is not the announced one"),
    "draw.beacon.early": ("随机源在公告时刻之前录入", "the random source was typed before its instant"),
    "draw.seed": ("种子与重算不符", "the seed is not the one computed again"),
    "draw.order": ("抽取顺序被改动：与种子算出的不同", "the order was changed: the seed gives another"),
    "draw.calls": ("通知的人不是顺序中的下一位", "somebody was called who was not the next in order"),
    "draw.calls.answer": (
        "回复不是呼叫网关签名的：谢绝可能是捏造的",
        "an answer is not the gateway's: a decline may be invented",
    ),
    "draw.calls.person": (
        "呼叫网关签名的是另一个人的回复：张冠李戴",
        "the gateway signed what somebody else answered, not the person called",
    ),
    "draw.calls.replaced": ("被替换的人不在组内", "somebody was replaced who did not sit"),
    "draw.panel": ("抽取结果与重算不符", "the panel is not the one computed again"),
    "draw.unjournalled": ("日志中的这一步不是这样", "the journal says otherwise of a step of the draw"),
    "draw.unlisted": ("日志中有抽取文件没有的一步", "the journal knows a step that the draw's document leaves out"),
    "draw.unwitnessed": (
        "随机源开出之前，见证方没有为承诺与公开副签",
        "commitments and reveals had not been cosigned before the beacon showed",
    ),
    "draw.absence": (
        "有成员被更换，而此前没有解密名单或没有人申明缺席",
        "a member was replaced before the committee was unlocked, or without anybody having declared it",
    ),
    "draw.recusal": ("开标之前就有人因投标人回避", "somebody was recused for a bidder before the opening"),
    "evaluation.missing": ("缺少评标报告", "the evaluation's report is missing"),
    "evaluation.terms": (
        "评标办法（公式、系数、评分项）不是招标文件里公告的",
        "the terms (formula, k, items) are not those of the announced tender documents",
    ),
    "evaluation.report": ("评标报告无效，或属于另一标段", "the report is not valid, or of another lot"),
    "evaluation.bids": ("报告中的投标不是开标的那些", "the report's bids are not those opened"),
    "evaluation.price": ("报告中的报价与开标的不同", "the report shows another price than was opened"),
    "evaluation.benchmark": ("评标基准价与重算不符", "the benchmark is not the one computed again"),
    "evaluation.price_score": ("报价分与重算不符", "a price score is not the one computed again"),
    "evaluation.items": ("评分项缺少或超过满分", "an item is missing or above its full mark"),
    "evaluation.total": ("总分与重算不符", "a total is not the one computed again"),
    "evaluation.ranking": ("排名与重算不符", "a rank is not the one computed again"),
    "evaluation.tie": (
        "同分投标的名次不是按招标文件公告的办法决定的",
        "equal bids were not ranked as the tender documents announced",
    ),
    "evaluation.drawn": (
        "同分抽签所用的数不是抽取的种子与开标的解密汇总",
        "lots among equal bids were not drawn by the draw's seed and the opening's settled phase",
    ),
    "evaluation.rejected": ("被否决的投标有得分", "a rejected bid has scores"),
    "evaluation.unjournalled": ("评标报告不是入日志的那一份", "the report is not the journalled one"),
    "evaluation.sheets": ("评分表承诺与日志不符", "the sheets are not those that the journal knows"),
    "evaluation.voided": (
        "有评分表被作废，而日志中没有更换该成员",
        "sheets were declared void although the journal has no member replaced for it",
    ),
    "evaluation.signature": (
        "评委签名不属于这份报告：报告在签名后被改动",
        "a member's signature is not over this report: it was changed after signing",
    ),
    "evaluation.unwitnessed": ("评委签名没有被见证方副签", "the members' signatures had not been cosigned"),
}
