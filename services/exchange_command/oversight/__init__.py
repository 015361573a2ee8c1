"""What an operator sees: by topics alone, routing fields only, with no programme's key."""
