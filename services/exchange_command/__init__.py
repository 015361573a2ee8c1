"""The command line `exchange`: the platform on one machine, its state and its health."""
