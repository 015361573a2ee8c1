"""A package, so that its platform can go when its last test is done."""
