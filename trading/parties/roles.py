"""The roles of a membership (成员身份), and which of them one person may never hold together."""

from collections.abc import Collection

from trading.kernel.errors import FieldProblem

ROLES = (
    "tenderer",  # 招标人
    "agency",  # 招标代理机构
    "bidder",  # 投标人
    "official",  # 交易中心工作人员
    "trustee",  # 开标密钥保管人
    "notary",  # 公证员
    "witness",  # 见证人
    "expert",  # 评标专家
    "supervisor",  # 行政监督人员
    "finance",  # 财务
    "clerk",  # 审批大厅窗口
    "bank",  # 保证金托管银行, whose program hands in statements
    "admin",  # 系统管理员, without business rights
)
# Market parties come and go; everyone who acts for the platform or watches over it carries a second factor.
MARKET_ROLES = frozenset({"tenderer", "agency", "bidder"})
STAFF_ROLES = frozenset(ROLES) - MARKET_ROLES

ORGANISATION_KINDS = (
    "enterprise",  # 企业
    "institution",  # 机关事业单位
    "agency",  # 招标代理机构
    "centre",  # 公共资源交易中心
    "authority",  # 行政监督部门
    "notary",  # 公证机构
)

# What a program's token may be good for: one business role each, or asking for its owner's certificate.
# Never `admin`: accounts are opened by people who have just shown their second factor.
CERTIFICATE_SCOPE = "certificates"
SCOPES = (*(role for role in ROLES if role != "admin"), CERTIFICATE_SCOPE)


def needs_second_factor(roles: Collection[str]) -> bool:
    """Whether one of the roles is a staff role."""
    return bool(STAFF_ROLES.intersection(roles))


def invitable(roles: Collection[str]) -> tuple[str, ...]:
    """Into which roles a holder of these may invite: an administrator into any; a market party colleagues like himself.

    Whoever acts for the platform or watches over it is let in by the administrator alone.
    """
    if "admin" in roles:
        return ROLES
    return tuple(role for role in ROLES if role in MARKET_ROLES and role in roles)


def roles_problem(roles: Collection[str], *, held: Collection[str] = ()) -> FieldProblem | None:
    """Why these roles cannot be granted to a person who holds others elsewhere; None when they can.

    The administrator opens the doors and therefore walks through none of them: the rule is about the person, so that
    a second account or a second organisation does not evade it.
    """
    if not roles or not set(roles) <= set(ROLES):
        return FieldProblem("parties.unknown_role")
    together = {*roles, *held}
    if "admin" in together and len(together) > 1:
        return FieldProblem("parties.admin_alone")
    return None


def rights(roles: Collection[str], scopes: Collection[str]) -> frozenset[str]:
    """What a program may do: never more than its membership, never more than its token says."""
    return frozenset(roles).intersection(scopes) | frozenset({CERTIFICATE_SCOPE}).intersection(scopes)
