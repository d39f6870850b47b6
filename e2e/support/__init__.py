"""What the suites share: the gateway process, the management API, the SDK adapters, readings of upstream requests."""
