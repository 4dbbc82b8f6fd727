"""Matching an imported document to the table it is meant for: by form, year and the department's name."""

from accounts.models import Department
from forms.document import Document
from workflow.facts import Reason
from workflow.models import Cycle


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for white space and the width of brackets."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return "".join(name.split()).replace("(", "（").replace(")", "）")


def mismatches(document: Document, department: Department, cycle: Cycle) -> list[Reason]:
    """Why a document is not this department's table of this year; empty when it is. Never matched by likeness."""
    found = []
    if document.form != cycle.framework_key:
        found.append(
            Reason("other_form", f"文件用的是表样 {document.form}，本年度用的是 {cycle.framework_key}", "form")
        )
    if document.fiscal_year != cycle.fiscal_year:
        found.append(
            Reason(
                "other_year", f"文件是 {document.fiscal_year} 年度的，这里是 {cycle.fiscal_year} 年度", "fiscal_year"
            )
        )
    if not same_name(document.department, department.name):
        found.append(
            Reason(
                "other_department", f"文件写的部门是“{document.department}”，这里是“{department.name}”", "department"
            )
        )
    return found
