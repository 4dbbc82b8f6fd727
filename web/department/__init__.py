"""What departments open: the desk for now."""
