"""The JSON API of one NGO, described by OpenAPI 3.1 in `openapi.json`."""
