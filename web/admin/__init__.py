"""Accounts: people, departments, appointments and sign-ins, for system administrators. They see no table."""
