"""Who is told what, when: the plan, the outbox, the channels."""
