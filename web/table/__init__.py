"""One table, for everybody who may see it: its page, its revisions side by side, and the events it can take."""
