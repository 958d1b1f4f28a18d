"""The pages: they translate HTTP into use cases and back, and nothing else."""
