"""What a sheet says: its value, its form, reading, checking and writing it. Knows no department and no person."""
