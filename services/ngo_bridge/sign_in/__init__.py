"""People sign in by name, password and a one-time code; sessions are short and end from here."""
