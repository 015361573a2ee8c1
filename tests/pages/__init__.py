"""A package, so that its browser and its platform can go when its last test is done."""
