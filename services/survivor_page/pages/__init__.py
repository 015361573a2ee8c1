"""The page, which is one address: what is asked for stands in the form that was sent."""
