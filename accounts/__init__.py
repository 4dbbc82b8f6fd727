"""Regions, departments, people, what each may do where and when, and signing in. Knows no sheet."""
