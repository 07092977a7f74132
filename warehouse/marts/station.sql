-- station: The register as it stands: every station, open or closed.
-- Grain: one row a station.
-- Question: Which stations of 镜湖区 are open at present?
-- Columns: as in station_history
select
  station_id, valid_from, name, kind, host, plaques, batch, batch_basis, county_code, county, town_code, town, community_code, community, address,
  lng_wgs84, lat_wgs84, phones, hours, hours_text, facilities, credit_code, opened_on, status, close_cause, first_seen_on, sources, listing_count
from station_history
where valid_to is null
