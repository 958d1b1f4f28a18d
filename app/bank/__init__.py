"""The question bank's files: the only code that knows their format."""
