"""The words of the project as values: fields, layouts, rules, issues, the city. Everything above is built from these."""

from transforms.records.city import City, CityError, Division, load_city
from transforms.records.fields import FIELDS, Field, columns_of, empty_frame
from transforms.records.issues import ISSUE_COLUMNS, Rule, issue_rows, no_issues
from transforms.records.layout import Layout
from transforms.records.rules import RULES

__all__ = [
    "FIELDS",
    "ISSUE_COLUMNS",
    "RULES",
    "City",
    "CityError",
    "Division",
    "Field",
    "Layout",
    "Rule",
    "columns_of",
    "empty_frame",
    "issue_rows",
    "load_city",
    "no_issues",
]
