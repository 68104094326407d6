"""The people of the demonstration city: organisations and persons of every role, with logins made for showing.

Codes are self-made with correct check digits; nobody real is meant.
"""

import msgspec


class Organisation(msgspec.Struct, frozen=True):
    """A demonstration organisation; `body` is the first 17 characters of its 统一社会信用代码."""

    key: str
    name: str
    body: str
    kind: str


class Person(msgspec.Struct, frozen=True):
    """A demonstration person with one account and one membership."""

    login: str
    name: str
    organisation: str
    roles: tuple[str, ...]


PASSWORD = "demo-Trading-2026"  # noqa: S105  # a demonstration's, printed at start

ORGANISATIONS = (
    Organisation("centre", "临江市公共资源交易中心", "12350100MB0000011", "centre"),
    Organisation("owner", "临江市城市建设投资有限公司", "91350100MA0000021", "enterprise"),
    Organisation("agency", "华信工程招标代理有限公司", "91350100MA0000031", "agency"),
    Organisation("supervision", "临江市住房和城乡建设局", "11350100MB0000041", "authority"),
    Organisation("notary", "临江市诚信公证处", "12350100MB0000051", "notary"),
    Organisation("bidder-a", "江源建设集团有限公司", "91350100MA0000061", "enterprise"),
    Organisation("bidder-b", "远山建筑工程有限公司", "91350100MA0000071", "enterprise"),
    Organisation("bidder-c", "恒基路桥股份有限公司", "91350100MA0000081", "enterprise"),
    Organisation("bidder-d", "青禾市政工程有限公司", "91350100MA0000091", "enterprise"),
    Organisation("bidder-e", "澄湖路桥工程有限公司", "91350100MA0000121", "enterprise"),
    Organisation("bank", "临江商业银行股份有限公司", "91350100MA0000111", "enterprise"),
    Organisation("university", "临江理工大学", "12350100MB0000101", "institution"),
)

PEOPLE = (
    Person("tenderer", "陈思远", "owner", ("tenderer",)),
    Person("agency", "周雅文", "agency", ("agency",)),
    Person("official", "林书航", "centre", ("official",)),
    Person("official2", "何静怡", "centre", ("official",)),
    Person("finance", "许佳宁", "centre", ("finance",)),
    Person("finance2", "宋以宁", "centre", ("finance",)),
    Person("clerk", "吴晓彤", "centre", ("clerk",)),
    Person("admin", "郑一鸣", "centre", ("admin",)),
    Person("supervisor", "沈国维", "supervision", ("supervisor",)),
    Person("notary", "韩明远", "notary", ("notary",)),
    Person("witness", "唐婉清", "notary", ("witness",)),
    Person("witness2", "丁若川", "notary", ("witness",)),
    Person("bank", "邓思齐", "bank", ("bank",)),
    Person("expert", "马德清", "university", ("expert",)),
    Person("trustee-tenderer", "罗子墨", "owner", ("trustee",)),
    Person("trustee-supervisor", "高立群", "supervision", ("trustee",)),
    Person("trustee-notary", "冯若兰", "notary", ("trustee",)),
    Person("bidder-a", "赵启明", "bidder-a", ("bidder",)),
    Person("bidder-b", "钱向东", "bidder-b", ("bidder",)),
    Person("bidder-c", "孙慧敏", "bidder-c", ("bidder",)),
    Person("bidder-d", "李牧之", "bidder-d", ("bidder",)),
    Person("bidder-e", "方知行", "bidder-e", ("bidder",)),
)
