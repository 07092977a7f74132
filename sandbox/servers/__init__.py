"""The sample city's servers: each owner publishes the way it really would. Nothing here knows who reads.

`edition` is what stands on the lists of a night, `exchange` what an HTTP owner is asked and answers; `union`, `bank_icbc`, `telecom_mobile`
and `civilization` are the four that answer over HTTP (`web`), `bank_rural` writes a workbook that `sftp` serves, `telecom_tower` fills a view
in `postgres`. `serving` puts them together.
"""
