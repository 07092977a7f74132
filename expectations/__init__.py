"""Great Expectations suites over rows, listings and stations, and the one place that runs them."""
