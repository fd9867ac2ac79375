"""The command, the HTTP service and the local stack."""
