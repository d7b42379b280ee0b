"""The scripts of flows.json, by what they are about."""
