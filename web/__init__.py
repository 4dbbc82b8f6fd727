"""The pages, by who opens them. A page asks, calls, answers."""
