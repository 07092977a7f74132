"""What people look at: the night's report and its summary, made from the published tables."""
