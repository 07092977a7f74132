"""The page of the review queue: a question with both sides, the evidence and a map; verdicts by key."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from desk.doubts import settles_sentence
from desk.links import JUDGE
from desk.question import compared, map_of, metres_between, point_of
from desk.web import page
from flows.reviewing import Question, Reviewing, Verdict, stations_beside
from flows.run import RefusedError
from flows.settling import Settling
from flows.visitor import WHO, form, number, visitor_of
from transforms.dedupe.evidence import evidence_of
from transforms.dedupe.levels import NEAR_M


def judging_routes(reviewing: Reviewing, settling: Settling, ui: str, secret: str | None) -> APIRouter:
    """The page and what its buttons do; `ui`: address of the Prefect UI as a browser reaches it; `secret`: as `visitor_of` takes it."""
    routes = APIRouter()

    @routes.get(JUDGE)
    def judging(request: Request, after: int = -1, done: int = 0, last: str = "") -> Response:
        return _question_page(request, reviewing.question(after), done=done, last=last)

    def _question_page(
        request: Request, question: Question | None, *, done: int, last: str, told: str = "", status: int = 200
    ) -> HTMLResponse:
        visitor = visitor_of(request, secret)
        return HTMLResponse(
            page(
                "judge",
                question=question,
                told=told,
                is_wrong=bool(told),
                waiting=question.waiting if question else 0,
                done=done,
                last=last,
                visitor=visitor,
                ui=ui,
                pending=len(reviewing.unpublished()),
                settling=settling.standing,
                titles=reviewing.published().house.titles,
                **(_told(reviewing, question) if question else {}),
            ),
            status,
        )

    @routes.post(JUDGE)
    async def judged(request: Request) -> Response:
        return await run_in_threadpool(_judged, request, await form(request))

    def _judged(request: Request, sent: dict[str, str]) -> Response:
        visitor = visitor_of(request, secret)
        done, at, last = number(sent, "done", 0), number(sent, "number", -1), sent.get("last", "")
        try:
            match sent.get("verdict", ""):
                case "skip":
                    pass
                case "rebuild":
                    settling.start(visitor.signing(sent.get("who", "")))
                    at -= 1
                case "undo":
                    name = visitor.signing(sent.get("who", ""))
                    reviewing.undo(last, name, sent.get("why", ""))
                    settling.touched(name)
                    done, at, last = max(done - 1, 0), reviewing.number_of(last) - 1, ""
                case verdict:
                    name = visitor.signing(sent.get("who", ""))
                    said = Verdict(
                        sent.get("left_id", ""), sent.get("right_id", ""), verdict, name, sent.get("why", ""), visitor.is_vouched
                    )
                    answer = reviewing.answer(said)
                    settling.touched(name)
                    done, last = done + 1, answer.decision_id
        except RefusedError as refused:
            return _question_page(request, reviewing.question(at - 1), done=done, last=last, told=str(refused), status=422)
        answered = RedirectResponse(f"{JUDGE}?{urlencode({'after': at, 'done': done, 'last': last})}", 303)
        if typed := sent.get("who", "").strip():
            answered.set_cookie(WHO, quote(typed), max_age=400 * 86400, httponly=True, samesite="strict")
        return answered

    return routes


def _told(reviewing: Reviewing, question: Question) -> dict[str, Any]:
    """What the page shows of a question."""
    published, left, right = reviewing.published(), question.left, question.right
    beside = list(stations_beside(published, question))
    others = [row["listing_id"] for _, rows in beside for row in rows]
    evidence = evidence_of(json.loads(question.row["levels"]), (left["source"], right["source"]), published.house.model)
    points = [*point_of(left, "left"), *point_of(right, "right"), *published.neighbours.near((left, right), others)]
    return {
        "fields": compared(left, right),
        "map": map_of(points),
        "metres": metres_between(left, right),
        "near_m": f"{NEAR_M:.0f}",
        "settles": settles_sentence(question.row),
        "stations": [{"id": station, "others": rows} for station, rows in beside],
        "evidence": sorted((each for each in evidence if each.weight_mb), key=lambda each: -abs(each.weight_mb)),
        "total": int(question.row["weight_mb"]),
    }
