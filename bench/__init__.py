"""Measures the gateway beside nginx (and, when asked, beside other gateways) on one core. Run by script/bench."""
