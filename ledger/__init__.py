"""The append-only audit: who did what when, chained so that a change shows. Knows no other room's meaning."""
