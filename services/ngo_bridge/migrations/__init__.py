"""How the bridge's database came to its present shape, step by step and back."""
