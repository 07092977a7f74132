"""The sample city's servers: each owner publishes the way it really would. Nothing here knows who reads."""
