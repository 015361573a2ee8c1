"""What runs inside a participant's own walls: ask, seal, sign, publish; verify, open, deliver."""
