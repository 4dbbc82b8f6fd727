"""The roles there are, each with its word and what its scope is. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """What a person may be appointed to."""

    EDITOR = "editor"
    REVIEWER = "department_reviewer"
    HEAD = "department_head"
    OFFICER = "bureau_officer"
    MANAGER = "bureau_manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "system_administrator"


LABELS = {
    Role.EDITOR: "填报人",
    Role.REVIEWER: "部门审核人",
    Role.HEAD: "部门负责人",
    Role.OFFICER: "财政审核人",
    Role.MANAGER: "绩效处管理人",
    Role.AUDITOR: "审计查阅人",
    Role.ADMINISTRATOR: "系统管理员",
}

NEEDED_BY_A_TABLE = frozenset({Role.EDITOR, Role.REVIEWER, Role.OFFICER})
"""Without somebody in each of these a department's table gets nowhere."""

OF_A_DEPARTMENT = NEEDED_BY_A_TABLE | {Role.HEAD}
"""Appointed for one department (an officer: once for each department assigned); the others for a whole region."""

OF_THE_DEPARTMENT = frozenset({Role.EDITOR, Role.REVIEWER, Role.HEAD})
"""Who belongs to a department: none of them decides its tables for the bureau."""

READS_ONLY = frozenset({Role.HEAD, Role.AUDITOR})
"""See tables, are told of them, and do nothing with them."""

LENT = frozenset({Role.EDITOR, Role.REVIEWER, Role.OFFICER, Role.MANAGER})
"""What a stand-in may do for somebody; accounts are kept and records are read by those appointed alone (三权分立),
and a head has nothing to do that could be done for them. Nor does anybody else stand in for others: who works for a
department or for the bureau does."""
