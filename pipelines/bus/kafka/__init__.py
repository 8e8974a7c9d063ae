"""Event bus on Apache Kafka."""
