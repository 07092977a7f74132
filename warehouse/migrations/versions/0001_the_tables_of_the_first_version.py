"""The tables of the first version. There is no way down: an earlier publication is the way back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "correction",
        sa.Column("scope", sa.String(), nullable=False, comment="listing or station"),
        sa.Column("key", sa.String(), nullable=False, comment="listing or station id"),
        sa.Column("field", sa.String(), nullable=False, comment="field corrected"),
        sa.Column("value", sa.String(), nullable=True, comment="the value that holds; empty when the field is to be empty"),
        sa.Column("decision_id", sa.String(), nullable=False, comment="decision that it comes from"),
        sa.Column("who", sa.String(), nullable=False, comment="who corrected"),
        sa.Column("why", sa.String(), nullable=True, comment="the reason given"),
        sa.Column("decided_at", sa.DateTime(), nullable=False, comment="when, UTC"),
        sa.PrimaryKeyConstraint("scope", "key", "field"),
        comment="One row a field that a person corrected: the last value that was not undone.",
    )
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.String(), nullable=False, comment="id of the decision"),
        sa.Column("act", sa.String(), nullable=False, comment="what was done: judge, correct, undo …"),
        sa.Column("who", sa.String(), nullable=False, comment="who decided"),
        sa.Column("why", sa.String(), nullable=True, comment="the reason given"),
        sa.Column("decided_at", sa.DateTime(), nullable=False, comment="when, UTC"),
        sa.Column("detail", sa.String(), nullable=False, comment="what the act needs, a JSON object"),
        sa.Column("is_undone", sa.Boolean(), nullable=False, comment="whether a later decision undid it"),
        sa.PrimaryKeyConstraint("decision_id"),
        comment="One row an act of an operator, in the journal's words, undone ones too.",
    )
    op.create_table(
        "division",
        sa.Column("division_code", sa.String(), nullable=False, comment="code of 6 (county), 9 (township) or 12 (community) digits"),
        sa.Column("name", sa.String(), nullable=False, comment="name"),
        sa.Column("parent_code", sa.String(), nullable=True, comment="code of the division that it lies in"),
        sa.Column("level", sa.BigInteger(), nullable=False, comment="3 county, 4 township, 5 community"),
        sa.Column("vintage", sa.String(), nullable=False, comment="list that it is taken from, with its date"),
        sa.PrimaryKeyConstraint("division_code"),
        comment="One row a county, township or community of the city.",
    )
    op.create_table(
        "issue",
        sa.Column("night", sa.Date(), nullable=False, comment="business date"),
        sa.Column(
            "number", sa.BigInteger(), nullable=False, comment="running number within the night, from 1, in the order of the other columns"
        ),
        sa.Column("source", sa.String(), nullable=True, comment="key of the source; empty for an issue of a station"),
        sa.Column("row_key", sa.String(), nullable=True, comment="key of the row; empty for an issue of a whole source"),
        sa.Column("line", sa.String(), nullable=True, comment="where the row stood in the owner's list"),
        sa.Column("station_id", sa.String(), nullable=True, comment="station concerned, for issues of the station suite"),
        sa.Column("rule", sa.String(), nullable=False, comment="id of the rule"),
        sa.Column("field", sa.String(), nullable=True, comment="field concerned; empty for the row as a whole"),
        sa.Column("value", sa.String(), nullable=True, comment="value met, at most 200 characters"),
        sa.Column("severity", sa.String(), nullable=False, comment="critical (holds the row back), warning (flags it) or info (counts)"),
        sa.Column("responsibility", sa.String(), nullable=False, comment="who must mend it: owner or us"),
        sa.Column("message", sa.String(), nullable=False, comment="what is wrong and what to do (Chinese)"),
        sa.PrimaryKeyConstraint("night", "number"),
        comment="One row a rule met on one night by a row, a station or a whole source.",
    )
    op.create_table(
        "judgement",
        sa.Column("left_id", sa.String(), nullable=False, comment="listing with the lesser id"),
        sa.Column("right_id", sa.String(), nullable=False, comment="listing with the greater id"),
        sa.Column("verdict", sa.String(), nullable=False, comment="same, not or unsure"),
        sa.Column("decision_id", sa.String(), nullable=False, comment="decision that it comes from"),
        sa.Column("who", sa.String(), nullable=False, comment="who judged"),
        sa.Column("why", sa.String(), nullable=True, comment="the reason given"),
        sa.Column("decided_at", sa.DateTime(), nullable=False, comment="when, UTC"),
        sa.PrimaryKeyConstraint("left_id", "right_id"),
        comment="One row a pair of listings that a person judged: the last verdict that was not undone.",
    )
    op.create_table(
        "listing",
        sa.Column(
            "listing_id",
            sa.String(),
            nullable=False,
            comment="登记编号: source:row_key of the listing when first seen; stable through renumbering",
        ),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first night on which the row holds"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first night on which it no longer holds; empty while it stands"),
        sa.Column("source", sa.String(), nullable=False, comment="key of the source"),
        sa.Column(
            "row_key",
            sa.String(),
            nullable=False,
            comment="key of the row in the owner's list now; differs from the id's after a renumbering",
        ),
        sa.Column("row_digest", sa.String(), nullable=False, comment="SHA-256 of the row as written"),
        sa.Column(
            "verbatim",
            sa.String(),
            nullable=False,
            comment="the row as the owner wrote it, a JSON object of header to text in the owner's order",
        ),
        sa.Column("is_open", sa.Boolean(), nullable=False, comment="whether the owner still lists it"),
        sa.Column("first_seen_on", sa.Date(), nullable=False, comment="night on which it was first seen"),
        sa.Column("missed", sa.BigInteger(), nullable=False, comment="complete snapshots in a row without it"),
        sa.Column("carried_since", sa.Date(), nullable=True, comment="night since which its values are old; empty when they are tonight's"),
        sa.Column(
            "carried_cause",
            sa.String(),
            nullable=True,
            comment="why they are old: row_held (tonight's row is in quarantine) or absent_once",
        ),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="night on which it was closed"),
        sa.Column("close_cause", sa.String(), nullable=True, comment="closed_by_owner, absent_twice or carried_too_long"),
        sa.Column(
            "name", sa.String(), nullable=False, comment="名称: cleaned name: folded width, variants and private-use characters put right"
        ),
        sa.Column(
            "name_core",
            sa.String(),
            nullable=True,
            comment="核心名: the name without brand, plaque, admin prefix, legal form and kind words",
        ),
        sa.Column("organisation", sa.String(), nullable=True, comment="机构: organisation of the place, brand and legal form normalised"),
        sa.Column("kind", sa.String(), nullable=True, comment="类型: code of vocabulary/kinds.csv"),
        sa.Column("host", sa.String(), nullable=True, comment="所属单位: host organisation, cleaned"),
        sa.Column("plaques", sa.String(), nullable=True, comment="挂牌: codes of vocabulary/plaques.csv, sorted, joined by ;"),
        sa.Column("batch", sa.String(), nullable=True, comment="批次: renovated, new_build, co_branded, none; missing when unknown"),
        sa.Column(
            "batch_basis", sa.String(), nullable=True, comment="批次依据: owner (stated), rule (owner kind and host) or hint (the source's)"
        ),
        sa.Column("county_code", sa.String(), nullable=True, comment="区县代码: 6-digit code of today"),
        sa.Column("county", sa.String(), nullable=True, comment="区县: county name of today"),
        sa.Column("town_code", sa.String(), nullable=True, comment="乡镇街道代码: 9-digit code of the bureau's vintage"),
        sa.Column("town", sa.String(), nullable=True, comment="乡镇街道: township or street"),
        sa.Column("community_code", sa.String(), nullable=True, comment="社区代码: 12-digit code of the bureau's vintage"),
        sa.Column("community", sa.String(), nullable=True, comment="社区: community or village without its suffix 居民委员会 / 村民委员会"),
        sa.Column("address", sa.String(), nullable=True, comment="地址: cleaned address from the county down"),
        sa.Column("road", sa.String(), nullable=True, comment="道路: road, lane's road or village group"),
        sa.Column("number", sa.String(), nullable=True, comment="门牌号: house number in Arabic digits without 号; 88-15 stays 88-15"),
        sa.Column("lane", sa.String(), nullable=True, comment="弄巷: lane (巷, 弄, 里) below the road"),
        sa.Column("building", sa.String(), nullable=True, comment="楼栋: building"),
        sa.Column("floor", sa.String(), nullable=True, comment="楼层: floor in Arabic digits"),
        sa.Column("room", sa.String(), nullable=True, comment="房间: room"),
        sa.Column(
            "landmark", sa.String(), nullable=True, comment="地标: named mall, tower, compound, park, or a place given by 旁, 对面 …"
        ),
        sa.Column("lng_wgs84", sa.Double(), nullable=True, comment="经度: longitude, degrees WGS-84, rounded to 7 places"),
        sa.Column("lat_wgs84", sa.Double(), nullable=True, comment="纬度: latitude, degrees WGS-84, rounded to 7 places"),
        sa.Column(
            "position_basis", sa.String(), nullable=True, comment="坐标来历: given, swapped (put right), or missing when there is none"
        ),
        sa.Column(
            "phones",
            sa.String(),
            nullable=True,
            comment="电话: public phones: 0553-3812345, 400-…, five-digit hot lines; sorted, joined by ;",
        ),
        sa.Column("contact_name", sa.String(), nullable=True, comment="联系人: contact person"),
        sa.Column("contact_phone", sa.String(), nullable=True, comment="联系手机: mobiles, sorted, joined by ;"),
        sa.Column("hours", sa.String(), nullable=True, comment="开放时间: OpenStreetMap opening_hours syntax"),
        sa.Column("hours_text", sa.String(), nullable=True, comment="开放时间原文: opening hours as written, cleaned"),
        sa.Column("facilities", sa.String(), nullable=True, comment="设施: codes of vocabulary/facilities.csv, sorted, joined by ;"),
        sa.Column("credit_code", sa.String(), nullable=True, comment="统一社会信用代码: valid 18-character credit code"),
        sa.Column("is_closed_by_owner", sa.Boolean(), nullable=True, comment="业主称已停用: the owner itself says it is closed"),
        sa.Column("opened_on", sa.Date(), nullable=True, comment="建成日期: first day of the month where only a month is given"),
        sa.Column("updated_on", sa.Date(), nullable=True, comment="业主更新日期: the owner's own date of last change"),
        sa.PrimaryKeyConstraint("listing_id", "valid_from"),
        comment="One row a listing and span of nights on which it read the same; a closed listing keeps standing with is_open false.",
    )
    op.create_table(
        "night",
        sa.Column("night", sa.Date(), nullable=False, comment="business date"),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="published, quarantined (published, and something new needs a person) or rejected (register left as it was)",
        ),
        sa.Column("reason", sa.String(), nullable=True, comment="why it was rejected or needs a person (Chinese); empty otherwise"),
        sa.Column("fingerprint", sa.String(), nullable=False, comment="hash of the code, vocabulary and lock that made the night"),
        sa.Column("model_fingerprint", sa.String(), nullable=False, comment="hash of the dedupe model"),
        sa.Column(
            "counts", sa.String(), nullable=False, comment="figures of the night as a JSON object: rows, listings, pairs, stations …"
        ),
        sa.PrimaryKeyConstraint("night"),
        comment="One row a night (business date) that ran to its end; a night that was run again means its latest publication.",
    )
    op.create_table(
        "owner",
        sa.Column("source", sa.String(), nullable=False, comment="key of the source"),
        sa.Column("owner_name", sa.String(), nullable=False, comment="organisation that keeps the list (Chinese)"),
        sa.Column("title", sa.String(), nullable=False, comment="what the list is called (Chinese)"),
        sa.Column("kind", sa.String(), nullable=False, comment="kind of place listed, a code of vocabulary/kinds.csv"),
        sa.Column("datum", sa.String(), nullable=True, comment="datum of its positions; empty when it gives none"),
        sa.Column("batch_hint", sa.String(), nullable=True, comment="batch of its rows where the owner states none"),
        sa.Column("trust", sa.BigInteger(), nullable=False, comment="rank among sources that disagree, 0-100, the higher wins"),
        sa.Column("due", sa.String(), nullable=False, comment="weekdays on which it publishes, joined by ;; empty for every night"),
        sa.Column("max_age_days", sa.BigInteger(), nullable=False, comment="nights for which its listings are carried when it fails"),
        sa.Column("licence", sa.String(), nullable=False, comment="terms under which the list may be used (Chinese)"),
        sa.PrimaryKeyConstraint("source"),
        comment="One row a source: who keeps the list, and how it is declared.",
    )
    op.create_table(
        "pair",
        sa.Column("left_id", sa.String(), nullable=False, comment="listing with the lesser id"),
        sa.Column("right_id", sa.String(), nullable=False, comment="listing with the greater id"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first night on which the row holds"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first night on which it no longer holds; empty while it stands"),
        sa.Column(
            "weight_mb",
            sa.BigInteger(),
            nullable=False,
            comment="evidence that both are one station, milli-bits; above 0 is for, below against",
        ),
        sa.Column("levels", sa.String(), nullable=False, comment="level reached in each comparison, as the model writes it"),
        sa.Column("is_review", sa.Boolean(), nullable=False, comment="whether it lies between the thresholds and waits for a person"),
        sa.Column("verdict", sa.String(), nullable=True, comment="a person's verdict: same, not or unsure; empty when nobody judged"),
        sa.PrimaryKeyConstraint("left_id", "right_id", "valid_from"),
        comment="One row a pair of listings above the lower threshold, or judged, and span of nights on which it read the same.",
    )
    op.create_table(
        "plaque",
        sa.Column("station_id", sa.String(), nullable=False, comment="station"),
        sa.Column("plaque", sa.String(), nullable=False, comment="code of vocabulary/plaques.csv"),
        sa.Column("source", sa.String(), nullable=False, comment="key of the source that tells of it"),
        sa.Column("first_seen_on", sa.Date(), nullable=False, comment="first night on which it was told"),
        sa.Column("gone_on", sa.Date(), nullable=True, comment="first night on which it no longer was; empty while it is"),
        sa.PrimaryKeyConstraint("station_id", "plaque", "source", "first_seen_on"),
        comment="One row a plaque at a station that a source tells of, and the nights on which it did.",
    )
    op.create_table(
        "quarantine",
        sa.Column("source", sa.String(), nullable=False, comment="key of the source"),
        sa.Column("row_key", sa.String(), nullable=False, comment="key of the row; empty text when the row has none"),
        sa.Column("row_digest", sa.String(), nullable=False, comment="SHA-256 of the row as written"),
        sa.Column("opened_on", sa.Date(), nullable=False, comment="first night on which it was held back"),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="first night on which it no longer was; empty while it is"),
        sa.Column("line", sa.String(), nullable=False, comment="where it stood in the owner's list on that first night"),
        sa.Column(
            "verbatim",
            sa.String(),
            nullable=False,
            comment="the row as the owner wrote it, a JSON object of header to text in the owner's order",
        ),
        sa.Column(
            "rules", sa.String(), nullable=False, comment="ids of the critical rules that it met on that first night, sorted, joined by ;"
        ),
        sa.Column("payload", sa.String(), nullable=True, comment="SHA-256 of the archived payload in which it lies"),
        sa.PrimaryKeyConstraint("source", "row_key", "row_digest", "opened_on"),
        comment="One row a source, row key and content that is held back, and the nights on which it was; `issue` has each night's own findings.",
    )
    op.create_table(
        "retrieval",
        sa.Column("night", sa.Date(), nullable=False, comment="night of the fetch"),
        sa.Column("source", sa.String(), nullable=False, comment="key of the source"),
        sa.Column(
            "outcome",
            sa.String(),
            nullable=False,
            comment="ok, unchanged, empty, partial, refused, unreachable, not_due, not_declared_format …",
        ),
        sa.Column("mode", sa.String(), nullable=False, comment="snapshot, delta, unchanged or none"),
        sa.Column("etag", sa.String(), nullable=True, comment="ETag that the owner gave"),
        sa.Column("last_modified", sa.String(), nullable=True, comment="Last-Modified that the owner gave"),
        sa.Column("watermark", sa.String(), nullable=True, comment="up to where a changed-since feed was read, in the owner's own form"),
        sa.Column("parts", sa.String(), nullable=False, comment="archived payloads in order, a JSON list of {label, sha256, bytes}"),
        sa.Column("total", sa.BigInteger(), nullable=True, comment="rows that the owner said there are"),
        sa.Column("tries", sa.BigInteger(), nullable=False, comment="requests made, retries included"),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="bytes received"),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False, comment="time taken, milliseconds"),
        sa.Column("started_at", sa.DateTime(), nullable=True, comment="start, UTC"),
        sa.Column("message", sa.String(), nullable=True, comment="one sentence for operators (Chinese), without secrets"),
        sa.PrimaryKeyConstraint("night", "source"),
        comment="One row a night and source: what was fetched, or why nothing was.",
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.String(), nullable=False, comment="id of the execution"),
        sa.Column("night", sa.Date(), nullable=False, comment="the night that was run"),
        sa.Column("started_at", sa.DateTime(), nullable=False, comment="start, UTC"),
        sa.Column("ended_at", sa.DateTime(), nullable=True, comment="end, UTC"),
        sa.Column("state", sa.String(), nullable=False, comment="state in which it ended: published, quarantined, rejected"),
        sa.Column("is_full", sa.Boolean(), nullable=False, comment="whether every derived row was computed anew"),
        sa.Column("publication", sa.String(), nullable=True, comment="folder under var/published that it made: <night>-<number>"),
        sa.Column("reason", sa.String(), nullable=True, comment="why it ended so (Chinese)"),
        sa.PrimaryKeyConstraint("run_id"),
        comment="One row an execution; holds wall-clock time and is not part of what a night means.",
    )
    op.create_table(
        "source_night",
        sa.Column("night", sa.Date(), nullable=False, comment="business date"),
        sa.Column("source", sa.String(), nullable=False, comment="key of the source"),
        sa.Column("rows_read", sa.BigInteger(), nullable=False, comment="rows read, an unchanged payload's again"),
        sa.Column("accepted", sa.BigInteger(), nullable=False, comment="rows that became listings"),
        sa.Column("held_back", sa.BigInteger(), nullable=False, comment="rows in quarantine; all rows of a source stopped at its gate"),
        sa.Column(
            "ignored", sa.BigInteger(), nullable=False, comment="rows ignored with a reason: tombstones, exact repeats, closed places"
        ),
        sa.Column("open_before", sa.BigInteger(), nullable=False, comment="open listings before the night"),
        sa.Column("opened", sa.BigInteger(), nullable=False, comment="listings opened or reopened"),
        sa.Column("closed", sa.BigInteger(), nullable=False, comment="listings closed"),
        sa.Column("open_after", sa.BigInteger(), nullable=False, comment="open listings after the night"),
        sa.Column("carried", sa.BigInteger(), nullable=False, comment="open listings whose values are those of an earlier night"),
        sa.Column("is_stopped", sa.Boolean(), nullable=False, comment="whether the source was stopped at its gate"),
        sa.Column(
            "last_good_on", sa.Date(), nullable=True, comment="last night whose retrieval was accepted; tonight's date when tonight's was"
        ),
        sa.PrimaryKeyConstraint("night", "source"),
        comment="One row a night and source; rows_read = accepted + held_back + ignored and open_after = open_before + opened - closed.",
    )
    op.create_table(
        "statement",
        sa.Column("station_id", sa.String(), nullable=False, comment="station"),
        sa.Column("field", sa.String(), nullable=False, comment="field of the station"),
        sa.Column("listing_id", sa.String(), nullable=False, comment="listing that says so"),
        sa.Column("value", sa.String(), nullable=False, comment="the value, as text"),
        sa.Column("first_seen_on", sa.Date(), nullable=False, comment="first night on which it was said"),
        sa.Column("gone_on", sa.Date(), nullable=True, comment="first night on which it no longer was; empty while it is"),
        sa.Column("source", sa.String(), nullable=False, comment="key of the source that says so"),
        sa.PrimaryKeyConstraint("station_id", "field", "listing_id", "value", "first_seen_on"),
        comment="One row a value that an owner gives a field of a station, and the nights on which it did.",
    )
    op.create_table(
        "station_event",
        sa.Column("night", sa.Date(), nullable=False, comment="business date"),
        sa.Column(
            "number", sa.BigInteger(), nullable=False, comment="running number within the night, from 1, in the order of the other columns"
        ),
        sa.Column("station_id", sa.String(), nullable=False, comment="station that it happened to"),
        sa.Column(
            "event",
            sa.String(),
            nullable=False,
            comment="opened, reopened, closed, merged, split, split_off, moved, renamed, rescheduled, rebatched …",
        ),
        sa.Column(
            "cause",
            sa.String(),
            nullable=True,
            comment="why: listed, closed_by_owner, absent_twice, carried_too_long, same_station, not_same_station …",
        ),
        sa.Column("source", sa.String(), nullable=True, comment="key of the source, or sources joined by ;, that it comes from"),
        sa.Column("detail", sa.String(), nullable=True, comment="the other station's id, old and new value, or metres moved"),
        sa.PrimaryKeyConstraint("night", "number"),
        comment="One row a station and thing that happened to it on a night, with its cause.",
    )
    op.create_table(
        "station_history",
        sa.Column("station_id", sa.String(), nullable=False, comment="驿站编号: stable id minted from the station's anchor listing"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first night on which the row holds"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first night on which it no longer holds; empty while it stands"),
        sa.Column(
            "name", sa.String(), nullable=True, comment="名称: cleaned name: folded width, variants and private-use characters put right"
        ),
        sa.Column("kind", sa.String(), nullable=True, comment="类型: code of vocabulary/kinds.csv"),
        sa.Column("host", sa.String(), nullable=True, comment="所属单位: host organisation, cleaned"),
        sa.Column("plaques", sa.String(), nullable=True, comment="挂牌: codes of vocabulary/plaques.csv, sorted, joined by ;"),
        sa.Column("batch", sa.String(), nullable=True, comment="批次: renovated, new_build, co_branded, none; missing when unknown"),
        sa.Column(
            "batch_basis", sa.String(), nullable=True, comment="批次依据: owner (stated), rule (owner kind and host) or hint (the source's)"
        ),
        sa.Column("county_code", sa.String(), nullable=True, comment="区县代码: 6-digit code of today"),
        sa.Column("county", sa.String(), nullable=True, comment="区县: county name of today"),
        sa.Column("town_code", sa.String(), nullable=True, comment="乡镇街道代码: 9-digit code of the bureau's vintage"),
        sa.Column("town", sa.String(), nullable=True, comment="乡镇街道: township or street"),
        sa.Column("community_code", sa.String(), nullable=True, comment="社区代码: 12-digit code of the bureau's vintage"),
        sa.Column("community", sa.String(), nullable=True, comment="社区: community or village without its suffix 居民委员会 / 村民委员会"),
        sa.Column("address", sa.String(), nullable=True, comment="地址: cleaned address from the county down"),
        sa.Column("lng_wgs84", sa.Double(), nullable=True, comment="经度: longitude, degrees WGS-84, rounded to 7 places"),
        sa.Column("lat_wgs84", sa.Double(), nullable=True, comment="纬度: latitude, degrees WGS-84, rounded to 7 places"),
        sa.Column(
            "phones",
            sa.String(),
            nullable=True,
            comment="电话: public phones: 0553-3812345, 400-…, five-digit hot lines; sorted, joined by ;",
        ),
        sa.Column("hours", sa.String(), nullable=True, comment="开放时间: OpenStreetMap opening_hours syntax"),
        sa.Column("hours_text", sa.String(), nullable=True, comment="开放时间原文: opening hours as written, cleaned"),
        sa.Column("facilities", sa.String(), nullable=True, comment="设施: codes of vocabulary/facilities.csv, sorted, joined by ;"),
        sa.Column("credit_code", sa.String(), nullable=True, comment="统一社会信用代码: valid 18-character credit code"),
        sa.Column("opened_on", sa.Date(), nullable=True, comment="建成日期: first day of the month where only a month is given"),
        sa.Column("status", sa.String(), nullable=False, comment="状态: open or closed"),
        sa.Column("first_seen_on", sa.Date(), nullable=False, comment="首次出现: night on which its anchor listing was first seen"),
        sa.Column("sources", sa.String(), nullable=True, comment="来源: keys of the sources that list it now, sorted, joined by ;"),
        sa.Column("listing_count", sa.BigInteger(), nullable=False, comment="登记数: open listings merged into it"),
        sa.PrimaryKeyConstraint("station_id", "valid_from"),
        comment="One row a station and span of nights on which it read the same; the view `station` shows the rows that stand.",
    )
    op.create_table(
        "station_listing",
        sa.Column("listing_id", sa.String(), nullable=False, comment="listing"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first night on which the row holds"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first night on which it no longer holds; empty while it stands"),
        sa.Column("station_id", sa.String(), nullable=False, comment="station that it belongs to"),
        sa.PrimaryKeyConstraint("listing_id", "valid_from"),
        comment="One row a listing, its station, and the nights on which it belonged there.",
    )
    op.create_table(
        "station_redirect",
        sa.Column("from_id", sa.String(), nullable=False, comment="station id that was merged away"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first night on which the row holds"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first night on which it no longer holds; empty while it stands"),
        sa.Column("to_id", sa.String(), nullable=False, comment="station id that answers for it; never one that is itself redirected"),
        sa.PrimaryKeyConstraint("from_id", "valid_from"),
        comment="One row an id that was merged away, the id that answers for it, and since when.",
    )
