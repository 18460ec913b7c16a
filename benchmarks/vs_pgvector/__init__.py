"""recall@10 against QPS over real sockets: vecsql and PostgreSQL + pgvector, interleaved."""
