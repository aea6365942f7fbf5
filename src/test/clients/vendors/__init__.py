"""Fakes of the vendors' APIs, which hold what they are sent to the types of the vendors' own libraries."""
