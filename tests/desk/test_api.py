"""The register by HTTP, over a real server: what is asked is answered, what cannot be meant is refused in words, and a publication is never seen by halves."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from flows.serve import our_pages
from flows.settings import Settings
from tests.desk.served_api import Night, Served, event, publish, publisher_of, served
from tests.warehouse.nights import Claim, rejected, station_id
from warehouse.load import load_rejected

ITEMS = "/collections/stations/items"

#: Stations 1 and 2 in 镜湖区, 3 to 6 in 弋江区, 6 without a position.
FIRST = [
    Claim("union", "1", "青阳路社区站", 1, lng=118.38),
    Claim("union", "2", "赭山站", 2, lng=118.36, batch="co_branded"),
    *(Claim("union", str(each), f"弋江站{each}", each, county="弋江区", lng=118.30 + each / 100, batch=None) for each in (3, 4, 5)),
    Claim("union", "6", "没有坐标站", 6, county="弋江区", lng=None),
]


def later(*numbers: int, **names: str) -> list[Claim]:
    """The claims of FIRST of these stations, of which some bear another name (_1="…")."""
    return [
        Claim(each.source, each.key, names.get(f"_{each.station}", each.name), each.station, each.county, each.batch, lng=each.lng)
        for each in FIRST
        if each.station in numbers
    ]


NIGHTS = {
    "2026-06-01": Night(FIRST),
    "2026-06-02": Night(
        later(1, 2, 3, 4, 5, _1="青阳路新站"),
        {},
        [event(1, "renamed", "listed", "青阳路社区站 → 青阳路新站"), event(6, "split", "not_same_station", station_id(3))],
    ),
    "2026-06-04": Night(
        [
            *later(1, 2, 4, _1="青阳路新站"),
            Claim("union", "3", "弋江站3", 3, county="弋江区", lng=118.33, is_open=False),
            Claim("union", "5", "弋江站5", 4, county="弋江区", lng=118.35),
        ],
        {5: 4},
        [event(3, "closed", "absent_twice"), event(5, "merged", "same_station", station_id(4))],
    ),
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three nights, of which nothing changes any more."""
    home = tmp_path_factory.mktemp("api") / "var"
    for on, night in NIGHTS.items():
        publish(publisher_of(home), on, night)
    with served(home) as running:
        yield running


def ids(page: Any) -> list[int]:
    """Numbers of the stations of a page."""
    return [int(each["id"].split("-")[1], 16) for each in page["features"]]


def test_a_client_finds_its_way_from_the_landing_page(api: Served) -> None:
    landing = api.told("/")
    by_rel = {each["rel"]: each for each in landing["links"]}
    assert {"self", "service-desc", "service-doc", "conformance", "data"} <= set(by_rel)
    for each in landing["links"]:
        answer = api.ask(each["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].replace(" ", "").startswith(each["type"])
    conforms = api.told(by_rel["conformance"]["href"])["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in conforms
    (stations,) = api.told(by_rel["data"]["href"])["collections"]
    assert stations == api.told("/collections/stations")
    assert stations["extent"]["spatial"]["bbox"] == [[118.33, 31.33, 118.38, 31.33]]
    assert stations["extent"]["temporal"]["interval"] == [["2026-06-01T00:00:00+08:00", None]]
    (items,) = [each for each in stations["links"] if each["rel"] == "items"]
    assert api.ask(items["href"]).headers["content-type"] == "application/geo+json"


def test_the_document_is_openapi_3_and_tells_every_parameter_that_is_taken(api: Served) -> None:
    document = api.told("/openapi.json")
    assert document["openapi"] == "3.0.3"
    told = [each["name"] for each in document["paths"][ITEMS]["get"]["parameters"]]
    assert told == ["limit", "bbox", "datetime", "county", "town", "community", "batch", "kind", "status", "cursor"]
    refused = api.told(f"{ITEMS}?nonsense=1", 400)
    assert all(name in refused["description"] for name in told)
    properties = document["components"]["schemas"]["station"]["properties"]["properties"]["properties"]
    assert set(api.told(ITEMS)["features"][0]["properties"]) == set(properties)


def test_the_page_of_documentation_is_chinese_and_loads_nothing(api: Served) -> None:
    page = api.ask("/docs").text
    assert "一个驿站的经过" in page
    assert "<script" not in page
    assert "src=" not in page
    assert "<link" not in page


def test_who_asks_for_the_server_alone_is_led_to_the_documentation(api: Served) -> None:
    answer = api.ask(api.base.removesuffix("api"))
    assert (answer.status_code, answer.headers["location"]) == (307, f"{api.base}/docs")


def test_a_station_is_a_feature_with_its_links(api: Served) -> None:
    found = api.told(f"{ITEMS}/{station_id(1)}")
    assert (found["type"], found["id"]) == ("Feature", station_id(1))
    assert found["geometry"] == {"type": "Point", "coordinates": [118.38, 31.33]}
    assert found["properties"]["name"] == "青阳路新站"
    assert found["properties"]["sources"] == ["union"]
    assert {each["rel"] for each in found["links"]} == {"self", "collection", "related"}
    assert api.told(found["links"][0]["href"]) == found


def test_no_personal_value_is_told(api: Served) -> None:
    for path in (ITEMS, f"{ITEMS}/{station_id(1)}", f"{ITEMS}/{station_id(1)}/changes", "/changes"):
        text = api.ask(path).text
        assert "13900001234" not in text
        assert "王芳" not in text
        assert "contact" not in text


def test_what_is_asked_for_is_what_comes(api: Served) -> None:
    assert ids(api.told(ITEMS)) == [1, 2, 3, 4]
    assert ids(api.told(f"{ITEMS}?status=open")) == [1, 2, 4]
    assert ids(api.told(f"{ITEMS}?county=镜湖区&batch=co_branded")) == [2]
    assert ids(api.told(f"{ITEMS}?county=340202")) == [1, 2, 3, 4], "a county by its code"
    assert ids(api.told(f"{ITEMS}?bbox=118.35,31,118.39,32")) == [1, 2]
    assert ids(api.told(f"{ITEMS}?bbox=118.35,31,-10,118.39,32,900")) == [1, 2], "heights are left out"
    assert ids(api.told(f"{ITEMS}?bbox=-180,-90,180,90&datetime=2026-06-01")) == [1, 2, 3, 4, 5], "without a position in no box"
    refused = api.told(f"{ITEMS}?county=无此区", 400)
    assert refused == {"code": "unknown-county", "description": "没有“无此区”：county 可写 弋江区、镜湖区"}, "a slip is not told as none"
    assert api.told(f"{ITEMS}?kind=镜湖区", 400)["code"] == "unknown-kind"
    assert api.told(f"{ITEMS}?county=弋江区&batch=co_branded")["numberMatched"] == 0
    assert ids(api.told(f"{ITEMS}?batch=unknown")) == [4], "whose batch nobody knows"


def test_the_register_of_any_night(api: Served) -> None:
    def named(when: str) -> dict[int, str]:
        page = api.told(f"{ITEMS}?datetime={when}")
        return dict(zip(ids(page), [each["properties"]["name"] for each in page["features"]], strict=True))

    assert named("2026-06-01")[1] == "青阳路社区站"
    assert list(named("2026-06-01")) == [1, 2, 3, 4, 5, 6]
    assert list(named("2026-06-02")) == [1, 2, 3, 4, 5]
    assert named("2026-06-03") == named("2026-06-02"), "a night without a run is as the one before"
    assert named("2026-06-01T23:30:00%2B08:00") == named("2026-06-01")
    assert named("2026-06-01T17:00:00Z") == named("2026-06-02"), "the city's day of the instant"
    assert named("2026-06-01/2026-06-02") == {**named("2026-06-01"), 1: "青阳路新站"}, "each station once, as it read last"
    assert named("../2026-06-01") == named("2026-06-01")
    assert named("2026-06-02/..") == {**named("2026-06-02")}
    assert list(named("2020-01-01/2026-06-01")) == [1, 2, 3, 4, 5, 6]
    assert list(named("2026-06-04/2099-01-01")) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("bbox=119,31,118,32", "bbox-inside-out"),
        ("bbox=118,32,119,31", "bbox-inside-out"),
        ("bbox=118,31,181,32", "bbox-out-of-range"),
        ("bbox=31,118,32,119", "bbox-out-of-range"),
        ("bbox=1e999,31,118,32", "bbox-out-of-range"),
        ("bbox=118,31,119", "invalid-bbox"),
        ("bbox=118,31,119,nan", "invalid-bbox"),
        ("bbox=a,b,c,d", "invalid-bbox"),
        ("bbox=", "invalid-bbox"),
        ("bbox=1_0,1,20,2", "invalid-bbox"),
        ("limit=0", "invalid-limit"),
        ("limit=-1", "invalid-limit"),
        ("limit=ten", "invalid-limit"),
        ("limit=1.5", "invalid-limit"),
        ("limit=" + "9" * 40, "invalid-limit"),
        ("limit=1&limit=2", "repeated-parameter"),
        ("offset=10", "unknown-parameter"),
        ("datetime=yesterday", "invalid-datetime"),
        ("datetime=2026-02-30", "invalid-datetime"),
        ("datetime=2026-06-01T10:00:00", "invalid-datetime"),
        ("datetime=0001-01-01T00:00:00%2B14:00", "invalid-datetime"),
        ("datetime=../..", "invalid-datetime"),
        ("datetime=/", "invalid-datetime"),
        ("datetime=a/b/c", "invalid-datetime"),
        ("datetime=2026-06-02/2026-06-01", "invalid-datetime"),
        ("datetime=2020-01-01", "before-first-night"),
        ("datetime=../2026-05-31", "before-first-night"),
        ("datetime=2099-01-01", "after-latest-night"),
        ("datetime=2026-06-05/..", "after-latest-night"),
        ("batch=third", "invalid-batch"),
        ("status=gone", "invalid-status"),
        ("county=", "invalid-county"),
        ("cursor=nonsense", "invalid-cursor"),
        ("cursor=2026-06-01-1.'; drop table night", "invalid-cursor"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_one_chinese_sentence(api: Served, query: str, code: str) -> None:
    refused = api.told(f"{ITEMS}?{query}", 400)
    assert refused["code"] == code
    assert any("一" <= each <= "鿿" for each in refused["description"])
    assert "\n" not in refused["description"]


def test_more_than_the_most_is_cut_to_it_and_not_refused(api: Served) -> None:
    assert api.told(f"{ITEMS}?limit=100000")["numberReturned"] == 4


def test_an_id_once_published_always_answers(api: Served) -> None:
    merged = api.ask(f"{ITEMS}/{station_id(5)}")
    assert merged.status_code == 301
    assert merged.json()["moved_to"] == station_id(4)
    assert api.told(merged.headers["location"])["id"] == station_id(4)
    closed = api.told(f"{ITEMS}/{station_id(3)}")
    assert closed["properties"]["status"] == "closed"
    gone = api.told(f"{ITEMS}/{station_id(6)}", 410)
    assert (gone["code"], gone["since"], gone["cause"]) == ("gone", "2026-06-02", "not_same_station")
    assert "2026-06-02" in gone["description"]
    assert "判为不同站" in gone["description"]
    for never in (station_id(99), "yz3402-%27%20or%201=1", "%00", "x" * 3000, "%E6%97%A0"):
        assert api.told(f"{ITEMS}/{never}", 404)["code"] == "no-such-station"


def test_the_public_is_not_told_which_owner_says_what(tmp_path: Path) -> None:
    publish(publisher_of(tmp_path / "var"), "2026-06-01", NIGHTS["2026-06-01"])
    with served(tmp_path / "var", is_public=True) as public:
        told = public.told(f"{ITEMS}/{station_id(1)}/changes")
    assert [each["event"] for each in told["events"]] == ["opened"]
    assert "statements" not in told


def test_a_night_that_was_rejected_is_not_the_latest(tmp_path: Path) -> None:
    publisher = publisher_of(tmp_path / "var")
    publish(publisher, "2026-06-01", NIGHTS["2026-06-01"])
    with publisher.begin("2026-06-02", "测试") as draft:
        with draft.engine.begin() as connection:
            load_rejected(connection, "2026-06-02", rejected("2026-06-02"))
        draft.publish()
    with served(tmp_path / "var") as running:
        assert running.told("/collections/stations")["extent"]["temporal"]["interval"][0][0].startswith("2026-06-01")
        (register,) = [running.registers.ready()]
        assert register is not None
        assert (register.first_night, register.latest_night) == (date(2026, 6, 1), date(2026, 6, 1))


def test_the_story_of_a_station_is_told_whatever_became_of_it(api: Served) -> None:
    renamed = api.told(f"{ITEMS}/{station_id(1)}/changes")
    assert renamed["status"] == "open"
    assert [(each["night"], each["event"]) for each in renamed["events"]] == [("2026-06-01", "opened"), ("2026-06-02", "renamed")]
    assert renamed["values"] == [{"night": "2026-06-02", "field": "name", "before": "青阳路社区站", "after": "青阳路新站"}]
    assert [(each["value"], each["gone_on"]) for each in renamed["statements"]] == [("青阳路社区站", "2026-06-02"), ("青阳路新站", None)]
    merged = api.told(f"{ITEMS}/{station_id(5)}/changes")
    assert (merged["status"], merged["moved_to"]) == ("merged", station_id(4))
    assert api.told(f"{ITEMS}/{station_id(6)}/changes")["status"] == "gone"
    assert api.told(f"{ITEMS}/{station_id(99)}/changes", 404)["code"] == "no-such-station"


def test_what_changed_since_a_night(api: Served) -> None:
    def told(query: str) -> list[tuple[str, str]]:
        return [(each["night"], each["event"]) for each in api.told(f"/changes{query}")["changes"]]

    assert told("?since=2026-06-02") == [("2026-06-04", "closed"), ("2026-06-04", "merged")]
    assert told("?since=2026-06-04") == []
    assert len(told("")) == 6 + 2 + 2
    assert len(told("?since=1999-01-01")) == 10
    assert api.told("/changes?since=2026-06-05", 400)["code"] == "after-latest-night"
    assert api.told("/changes?since=June", 400)["code"] == "invalid-since"
    assert api.told("/changes?bbox=1,2,3,4", 400)["code"] == "unknown-parameter"
    turned, page = [], api.told("/changes?limit=3")
    while True:
        turned += page["changes"]
        following = [each["href"] for each in page["links"] if each["rel"] == "next"]
        if not following:
            break
        page = api.told(following[0])
    assert turned == api.told("/changes")["changes"]


def test_an_answer_that_the_asker_has_is_not_sent_again(api: Served) -> None:
    for path in (f"{ITEMS}/{station_id(1)}", ITEMS, "/changes", "/collections"):
        first = api.ask(path)
        tag, modified = first.headers["etag"], first.headers["last-modified"]
        assert "2026-06-04-3" in tag
        again = api.ask(path, If_None_Match=f'"other", {tag}')
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert api.ask(path, If_Modified_Since=modified).status_code == 304
        assert api.ask(path, If_None_Match='"other"', If_Modified_Since=modified).status_code == 200
        assert api.ask(path, If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT").status_code == 200, "a later date is of a night taken back"
    assert api.ask(f"{ITEMS}/{station_id(99)}", If_None_Match="*").status_code == 404


def test_head_is_get_without_a_body(api: Served) -> None:
    for path in (f"{ITEMS}/{station_id(1)}", ITEMS, "/", "/docs"):
        head, get = api.ask(path, "HEAD", Accept_Encoding="identity"), api.ask(path, Accept_Encoding="identity")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))
        assert head.headers["content-type"] == get.headers["content-type"]
    assert api.ask(f"{ITEMS}/{station_id(6)}", "HEAD").status_code == 410


def test_it_is_read_only_and_no_other_site_may_read_it_in_a_browser(api: Served) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = api.ask(ITEMS, method)
        assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "method-not-allowed", "GET, HEAD")
    assert "access-control-allow-origin" not in api.ask(ITEMS, Origin="https://elsewhere.example").headers
    assert api.told("/nowhere", 404)["code"] == "not-found"


def test_a_long_answer_is_compressed_where_that_is_understood(api: Served) -> None:
    with api.client.stream("GET", f"{api.base}{ITEMS}", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        told = json.loads(gzip.decompress(b"".join(answer.iter_raw())))
    assert told == api.told(ITEMS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one night of 25 stations."""
    publish(publisher_of(tmp_path / "var"), "2026-06-01", Night([Claim("union", str(each), f"甲{each}", each) for each in range(1, 26)]))
    return tmp_path / "var"


SECOND = Night([Claim("union", str(each), f"乙{each}", each) for each in range(3, 30)])


def test_before_the_first_night_it_says_so(tmp_path: Path) -> None:
    with served(tmp_path / "var") as api:
        answer = api.ask(ITEMS)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "nothing-published", "60")
        assert api.ask("/").status_code == 200


def test_a_new_night_is_answered_at_once_and_a_page_goes_on_with_its_own(home: Path) -> None:
    with served(home) as api:
        page = api.told(f"{ITEMS}?limit=10")
        seen = ids(page)
        publish(publisher_of(home), "2026-06-02", SECOND)
        assert api.told(ITEMS)["publication"] == "2026-06-02-2"
        assert api.told(f"{ITEMS}/{station_id(3)}")["properties"]["name"] == "乙3"
        while following := [each["href"] for each in page["links"] if each["rel"] == "next"]:
            page = api.told(following[0])
            assert page["publication"] == "2026-06-01-1"
            assert all(each["properties"]["name"].startswith("甲") for each in page["features"])
            seen += ids(page)
        assert seen == list(range(1, 26)), "each station once"


def test_a_page_whose_publication_was_pruned_says_so(home: Path) -> None:
    with served(home) as api:
        following = api.told(f"{ITEMS}?limit=10")["links"][1]["href"]
        publish(publisher_of(home, keep=1), "2026-06-02", SECOND)
        gone = api.told(following, 410)
        assert gone["code"] == "publication-gone"
        assert "2026-06-01-1" in gone["description"]


def test_after_a_rollback_the_earlier_night_is_answered_and_its_newer_ids_say_why(home: Path) -> None:
    with served(home) as api:
        publish(publisher_of(home), "2026-06-02", SECOND)
        newer = api.ask(f"{ITEMS}/{station_id(29)}")
        assert newer.status_code == 200
        publisher_of(home).rollback("李敏")
        assert api.told(f"{ITEMS}/{station_id(3)}")["properties"]["name"] == "甲3"
        assert api.ask(ITEMS, If_None_Match=newer.headers["etag"]).status_code == 200
        taken_back = api.told(f"{ITEMS}/{station_id(29)}", 410)
        assert (taken_back["code"], taken_back["publication"]) == ("withdrawn", "2026-06-02-2")
        assert api.told(f"{ITEMS}/{station_id(29)}/changes", 410)["code"] == "withdrawn"
        assert api.told(f"{ITEMS}/{station_id(77)}", 404)["code"] == "no-such-station"
        publish(publisher_of(home), "2026-06-02", Night([Claim("union", "40", "丙40", 40)]))
        publisher_of(home).rollback("李敏", to="2026-06-01-1")
        assert api.told(f"{ITEMS}/{station_id(40)}", 410)["publication"] == "2026-06-02-3", "back a second time"
        publisher_of(home).rollback("李敏", to="2026-06-02-2")
        assert api.told(f"{ITEMS}/{station_id(29)}")["properties"]["name"] == "乙29"


def open_files(of: Path) -> list[str]:
    """Files below a folder that this process holds open."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(each)  # noqa: PTH115 - a deleted file's link has a note behind it
        except FileNotFoundError:  # the listing's own
            continue
        found += [target] if target.startswith(str(of.resolve())) else []
    return found


def test_an_old_night_s_file_is_let_go(home: Path) -> None:
    with served(home) as api:
        api.told(ITEMS)
        assert any("2026-06-01-1" in each for each in open_files(home))
        api.registers._patience = 0
        publish(publisher_of(home, keep=1), "2026-06-02", SECOND)
        api.told(ITEMS)
        assert [each for each in open_files(home) if "2026-06-01-1" in each] == []
    assert open_files(home) == [], "none is held when it ends"


def test_readers_see_one_whole_night_or_the_other_while_nights_are_published(home: Path) -> None:
    with served(home) as api:
        over, wrong, seen = Event(), [], set()

        def read() -> None:
            with httpx.Client(timeout=30, trust_env=False) as client:
                while not over.is_set():
                    answer = client.get(f"{api.base}{ITEMS}?limit=1000")
                    names = {each["properties"]["name"][0] for each in answer.json().get("features", [])}
                    if answer.status_code != 200 or len(names) != 1:
                        wrong.append(answer.text[:300])
                    seen.update(names)

        readers = [Thread(target=read) for _ in range(4)]
        for each in readers:
            each.start()
        for day, name in enumerate("乙丙丁", 2):
            publish(publisher_of(home, keep=2), f"2026-06-0{day}", Night([Claim("union", str(n), f"{name}{n}", n) for n in range(1, 30)]))
        assert api.told(ITEMS)["features"][0]["properties"]["name"] == "丁1"
        over.set()
        for each in readers:
            each.join()
    assert wrong == []
    assert len(seen) > 1


def test_five_hundred_clients_at_once_all_get_answers(home: Path) -> None:
    async def rush(base: str) -> list[bytes]:
        port = urlsplit(base).port
        opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(500)))

        async def one(number: int) -> bytes:
            reader, writer = opened[number]
            path = (f"{ITEMS}/{station_id(number % 25 + 1)}", ITEMS, f"{ITEMS}?datetime=2026-06-01", "/changes")[number % 4]
            writer.write(f"GET /api{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return answer

        return await asyncio.wait_for(asyncio.gather(*map(one, range(500))), 60)

    with served(home) as api:
        answers = asyncio.run(rush(api.base))
        assert {each.partition(b"\r\n")[0] for each in answers} == {b"HTTP/1.1 200 OK"}
        assert all(each.endswith((b"}", b"]")) for each in answers), "each whole"


def _within(told: Any, whole: Any) -> bool:
    """Whether everything that the page tells stands so in the answer."""
    return all(whole[name] == value for name, value in told.items())


def test_the_commands_of_the_documentation_answer_as_it_says(api: Served) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    examples = re.findall(r"```sh\n(curl [^\n]+)\n```\n```json\n([^\n]+)\n```", page)
    assert len(examples) == 6
    for command, told in examples:
        ran = subprocess.run(
            ["sh", "-c", command.replace("curl ", "curl -s --noproxy '*' ", 1)],
            env={**os.environ, "API": api.base},
            capture_output=True,
            check=True,
        )
        assert _within(json.loads(told), json.loads(ran.stdout)), command


def test_our_own_pages_serve_it_too_behind_the_same_door(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = Settings(home=home, desk_port=port, desk_secret="only the proxy knows")
    with our_pages(settings, "http://127.0.0.1:9/api"), httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        let_in = {"x-yizhan-secret": "only the proxy knows", "x-yizhan-user": "limin"}
        for _ in range(100):
            try:
                found = client.get("/api/", headers=let_in)
                break
            except httpx.ConnectError:  # the thread of the server has not bound yet
                Event().wait(0.1)
        assert found.json()["links"][0]["href"] == f"http://127.0.0.1:{port}/api/"
        assert client.get("/api/").status_code == 403
        page = client.get(f"/api{ITEMS}", headers=let_in)
        assert (page.json()["numberMatched"], page.headers["cache-control"]) == (25, "no-cache")
        assert client.get("/no-page", headers=let_in).headers["cache-control"] == "no-store", "the pages themselves are kept by nobody"
    assert open_files(home) == []
