"""Kills, races and tampering: what must hold when things go wrong on purpose."""
