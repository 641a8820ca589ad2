"""The demo: the MediMate plan in the third of its four beta weeks, made with a fixed seed.

Everything is written by the same services that people use, at the moments at which people would have
used them, so that the record, the signatures and the figures are real ones.
"""
