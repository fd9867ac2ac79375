"""The local stack: every part of the product on one machine, under one supervisor."""
