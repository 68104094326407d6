"""The opening (开标): close, settle, reveal, record. Each step is fixed and journalled before the next can begin."""
