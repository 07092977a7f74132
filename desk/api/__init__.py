"""The register by HTTP: read-only, shaped like OGC API - Features Part 1 (OGC 17-069r4), over one published file at a time."""
