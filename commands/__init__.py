"""The command line: `flask --app wsgi …`. Commands call the rooms; they hold no rule of the domain."""
