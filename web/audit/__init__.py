"""What was done by whom, for auditors: the ledger, and whether it holds."""
