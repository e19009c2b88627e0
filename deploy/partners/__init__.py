"""Local partners of the demo and the tests: mail server, text message service and card gateway, on real sockets.

They speak the part of the partners' protocols that the portal uses, so that the same adapters run against both. They
know nothing of the portal and import nothing of it. Never for real patients: what they take lies open on the disk.
"""
