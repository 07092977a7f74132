"""Pages that only show: what was found, a station, a row, a source, and the held-back rows as a file."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.background import BackgroundTask

from desk.links import FIND, HELD, ROW, SOURCE, STATION
from desk.pictures import bars
from desk.station import station_head, station_tables
from desk.web import action_address, html_tables, page
from flows.explain import station_facts
from flows.finding import find, row_story, source_nights
from flows.held import held_workbook
from flows.operators import OPERATORS, known_sources
from flows.reviewing import Reviewing
from flows.rules import every_rule
from transforms.allowed import NEVER_ALLOWED
from transforms.records import columns_of


def story_routes(reviewing: Reviewing) -> APIRouter:
    """The pages, over what is in force."""
    routes = APIRouter()

    @routes.get(FIND)
    def finding(q: str = "") -> Response:
        asked = q[:200]
        return HTMLResponse(page("find", query=asked, hits=find(reviewing.published(), asked)))

    @routes.get(STATION + "{station_id}")
    def station(station_id: str) -> Response:
        published = reviewing.published()
        facts = station_facts(published, station_id)
        actions = [
            ("更正", action_address("correct", scope="station", key=facts.station_id)),
            ("拆分", action_address("split", station=facts.station_id)),
            ("停用", action_address("close", station=facts.station_id)),
        ]
        tables = html_tables(station_tables(facts, published.house.titles))
        return HTMLResponse(page("station", id=facts.station_id, head=station_head(facts), tables=tables, actions=actions))

    @routes.get(ROW + "{source}/{row_key:path}")
    def row(source: str, row_key: str) -> Response:
        published = reviewing.published()
        story, rules = row_story(published, f"{source}:{row_key}"), every_rule()
        open_rules = (
            [] if not story.is_held else [str(each) for each in story.issues.loc[story.issues["severity"] == "critical", "rule"].unique()]
        )
        wrong = [str(each) for each in story.issues["field"].dropna() if str(each) in columns_of("row")]
        field = {"field": wrong[0]} if wrong else {}
        actions = [("更正", action_address("correct", scope="row", key=story.key, **field))] + [
            (f"豁免“{rules[rule].title}”", action_address("waive", scope="row", key=story.key, rule=rule))
            for rule in open_rules
            if rule in rules and rule not in NEVER_ALLOWED
        ]
        issues = [
            {**each, "title": rules[each["rule"]].title if each["rule"] in rules else each["rule"]}
            for each in story.issues.to_dict("records")
        ]
        title = known_sources(published.house)[source].title if source in known_sources(published.house) else source
        return HTMLResponse(
            page("row", story=story, title=title, actions=actions, issues=issues, decisions=story.decisions.to_dict("records"))
        )

    @routes.get(SOURCE + "{key}")
    def source(key: str) -> Response:
        published, rules = reviewing.published(), every_rule()
        nights, met = source_nights(published, key)
        figures = nights.fillna(dict.fromkeys(("rows_read", "accepted", "held_back", "ignored", "opened", "closed", "carried"), 0))
        drawn = [
            (str(night)[:10], int(held)) for night, held in figures[["night", "held_back"]].iloc[::-1].itertuples(index=False, name=None)
        ]
        told = met.assign(title=[rules[each].title if each in rules else each for each in met["rule"]])
        return HTMLResponse(
            page(
                "source",
                title=known_sources(published.house)[key].title,
                actions=[]
                if key == OPERATORS
                else [("重跑来源", action_address("refetch", source=key)), ("接受变更", action_address("accept", source=key))],
                picture=bars("每夜扣留的行", drawn),
                nights=figures.astype(
                    {"accepted": int, "held_back": int, "rows_read": int, "ignored": int, "opened": int, "closed": int, "carried": int}
                )
                .assign(stopped=figures["is_stopped"].fillna(value=False).astype(bool))
                .to_dict("records"),
                rules=told.to_dict("records"),
            )
        )

    @routes.get(HELD)
    def held(source: str = "", rule: str = "") -> Response:
        made = held_workbook(reviewing.published(), source, rule)
        name = "-".join(filter(None, ("held", source, rule))) + ".xlsx"
        return FileResponse(made, filename=name, background=BackgroundTask(made.unlink))

    return routes
