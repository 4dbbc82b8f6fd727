"""Who goes on with a self-evaluation, and what to do to have it changed: one sentence, where no button could say it."""

from flask_babel import gettext as _
from flask_login import current_user

from accounts.roles import OF_THE_DEPARTMENT
from workflow.dossier import Dossier
from workflow.outcomes import names
from workflow.results import Appraisal
from workflow.states import State


def standing(dossier: Dossier, found: Appraisal) -> str:
    """The sentence; empty for whoever has no part in it. A reviewer sends nothing back inside: the editor may write
    until it is reported."""
    if dossier.state is State.EVALUATION_REVIEW and current_user.roles & OF_THE_DEPARTMENT:
        return str(_("已报送，等财政审核人复核。还要改的，请财政审核人退回自评。"))
    if dossier.state is not State.SELF_EVALUATION or not found.lines:
        return ""
    writes, reports = _theirs(dossier, "record_result"), _theirs(dossier, "report_evaluation")
    if writes and reports:
        return str(_("要改的，您改好再报送，不用退回；报送以后要改，由财政审核人退回。"))
    if reports:
        who = names(_writers(dossier))
        return str(_("要改的，请填报人%(who)s改好再报送，不用退回；报送以后要改，由财政审核人退回。", who=who))
    return str(_("已填完整，等部门审核人报送。报送以前还可以改。")) if writes and found.whole else ""


def _theirs(dossier: Dossier, name: str) -> bool:
    """Whether this is the reader's to do, whenever it can be done."""
    return name in dossier.answers and all(reason.code != "role" for reason in dossier.answers[name])


def _writers(dossier: Dossier) -> tuple[str, ...]:
    """Who wrote in it, the last one first, as the history names them: another query would cost the page more than it
    may. Nobody, before anybody did."""
    return tuple(dict.fromkeys(line.who for line in dossier.history if line.act == "record_result"))
