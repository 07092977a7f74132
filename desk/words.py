"""Chinese words for codes that people are shown."""

from __future__ import annotations

from typing import Any, Final

from sources.kit.retrieval import Outcome

BATCHES: Final = {"renovated": "改造一批", "new_build": "新建一批", "co_branded": "挂建开放一批", "none": "原有", "unknown": "未知"}

OUTCOMES: Final = {str(outcome): outcome.word for outcome in Outcome}

#: How a list is fetched, by the name of the fetcher's class.
FETCHERS: Final = {"JsonPages": "JSON 接口", "Download": "网上下载", "Files": "文件", "SqlView": "数据库视图"}

WEEKDAYS: Final = {"Mon": "周一", "Tue": "周二", "Wed": "周三", "Thu": "周四", "Fri": "周五", "Sat": "周六", "Sun": "周日"}

SEVERITIES: Final = {"critical": "严重", "warning": "提醒", "info": "提示"}

RESPONSIBILITIES: Final = {"owner": "业主", "us": "我方"}

EVENTS: Final = {
    "opened": "新增",
    "reopened": "重新开放",
    "closed": "停用",
    "merged": "并入",
    "split": "拆分",
    "split_off": "拆出",
    "renamed": "改名",
    "moved": "迁址",
    "rescheduled": "改时间",
    "rebatched": "改批次",
    "reclassified": "改类型",
    "readdressed": "改地址",
    "corrected": "更正",
}

CAUSES: Final = {
    "listed": "名单所载",
    "same_station": "判为同一站",
    "not_same_station": "判为不同站",
    "closed_by_owner": "业主标明停用",
    "closed_by_person": "人工停用",
    "corrected": "人工更正",
    "absent_twice": "连续两次名单中没有",
    "carried_too_long": "名单久未更新",
}

#: Every action: the name of its flow and of its act in the journal, and the name of its deployment, which is what operators read.
ACTIONS: Final = {
    "release": "放行",
    "correct": "更正",
    "waive": "豁免",
    "judge": "判定",
    "merge": "合并",
    "split": "拆分",
    "add": "新增",
    "close": "停用",
    "accept": "接受变更",
    "refetch": "重跑来源",
    "replay": "重放",
    "undo": "撤销",
}

#: Every act in the journal: also those that are commands alone.
ACTS: Final = {**ACTIONS, "model": "接受模型", "churn": "放行变动", "erase": "删去个人信息"}

#: What a correction or a waiver is about, as its form says it.
SCOPES: Final = {"source": "整份名单", "row": "名单里的一行", "station": "一个驿站"}

VERDICTS: Final = {"same": "同一站", "not": "不是同一站", "unsure": "不确定"}


def code(table: dict[str, str], told: str) -> Any:
    """The code of a word; itself where it is a code already."""
    return next((code for code, word in table.items() if word == told), told)


def word(table: dict[str, str], code: object) -> str:
    """The word for a code; the code itself where the table has none."""
    return table.get(str(code), str(code))
