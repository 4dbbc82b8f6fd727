"""Planned once, delivered at least once, seen once: from the plan to rows, from rows to people.

Planning inserts on the notice's unique key, so that it may run as often, as late and in as many places as it likes.
Delivering claims all that waits for some people under a lease and commits the claim; asks the plan again whether each
still holds; puts together what goes out as one message; sends; marks. A crash in between leaves the lease to expire,
and the notices are taken again.
"""

from notifications.outbox.claiming import LEASE, claim_batch
from notifications.outbox.delivering import MOST_ATTEMPTS, Delivered, deliver
from notifications.outbox.planning import plan_due
from notifications.outbox.received import Received, inbox, mark_all_read, mark_read, unread
from notifications.outbox.rechecking import GIVEN_UP

__all__ = [
    "GIVEN_UP",
    "LEASE",
    "MOST_ATTEMPTS",
    "Delivered",
    "Received",
    "claim_batch",
    "deliver",
    "inbox",
    "mark_all_read",
    "mark_read",
    "plan_due",
    "unread",
]
