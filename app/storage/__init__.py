"""SQLAlchemy tables and their queries, one module per noun."""
