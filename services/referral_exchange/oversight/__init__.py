"""What whoever runs an exchange looks at, from the broker's own facts; command line and console share it."""
