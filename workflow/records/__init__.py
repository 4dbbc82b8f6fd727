"""Acts that move nothing, by theme; each is declared once and goes through workflow.acts.record like a move.

Same lock, scope, key and history as a move. `RECORDS` has them all.
"""

from workflow.records import adjustment, evaluation, extending, monitoring, reviewing, sheet
from workflow.records.kind import RECORDS, RecordKind

__all__ = ["RECORDS", "RecordKind", "adjustment", "evaluation", "extending", "monitoring", "reviewing", "sheet"]
