"""What a policy is good for, found out by taking it away: rows of every kind, probes, and whom policies name."""
