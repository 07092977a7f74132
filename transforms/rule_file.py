"""The fault of a file of rules or words that cannot be read. It stands alone, so that it can be told when nothing else loads."""


class RuleFileError(ValueError):
    """A file of rules or words cannot be read; the message (Chinese) names it, the line where known, and what to do."""
