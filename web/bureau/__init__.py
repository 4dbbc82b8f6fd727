"""What the finance bureau does: its worklist, reviews, the year's dates, reminders and figures."""
