"""The demo: real orders and flights from Kafka to gold, checked against the producer's own ledger."""
