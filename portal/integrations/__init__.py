"""Adapters to the outside, one package a kind of partner; each implements a port that a context declares.

Maps each failure to PartnerUnavailable, PartnerRefused or PartnerUncertain, and lets no partner's own words through:
they may quote a phone number or a name.
"""
