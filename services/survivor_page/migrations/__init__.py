"""The page's tables, step by step."""
