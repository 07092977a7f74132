"""The warehouse: tables, loading night by night, publishing whole nights, and the marts that analysts ask."""
