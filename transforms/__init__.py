"""What is done to rows: records, standardise, dedupe, merge. Pure: no network, no database, no clock, no environment."""
