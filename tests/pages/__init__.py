"""A package, so that its browser can go when its last test is done."""
