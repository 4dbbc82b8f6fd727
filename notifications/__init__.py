"""Who is told what, when: reminders from the calendar, notices from the history, each once and each with its reason."""
