"""Many bridges on one machine for a coalition, each walled off from the others."""
