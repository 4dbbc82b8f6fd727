"""The roles there are, each with its word and what its scope is. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """What a person may be appointed to."""

    EDITOR = "editor"
    REVIEWER = "department_reviewer"
    OFFICER = "bureau_officer"
    MANAGER = "bureau_manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "system_administrator"


LABELS = {
    Role.EDITOR: "填报人",
    Role.REVIEWER: "部门审核人",
    Role.OFFICER: "财政审核人",
    Role.MANAGER: "绩效处管理人",
    Role.AUDITOR: "审计查阅人",
    Role.ADMINISTRATOR: "系统管理员",
}

OF_A_DEPARTMENT = frozenset({Role.EDITOR, Role.REVIEWER, Role.OFFICER})
"""Appointed for one department (an officer: once for each department assigned); the others for a whole region."""

LENT = frozenset({Role.EDITOR, Role.REVIEWER, Role.OFFICER, Role.MANAGER})
"""What a stand-in may do for somebody; accounts are kept and records are read by those appointed alone (三权分立)."""
