"""What every room needs and none owns: settings, clock, database, queue, logging. Imports no other room."""
