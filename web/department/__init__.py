"""What departments open: the desk, the sheet, what the year asks of them."""
