"""The forms of the actions, as the Prefect UI draws them: labels and help are Chinese. What is filled in is checked again when the action runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, PrivateAttr, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from desk import words
from desk.links import Selector
from flows.acts import Signed
from flows.run import RefusedError, shown

#: A reason is a sentence or two; what is longer is a paste gone wrong.
_TEXT: int = 500

Text = Annotated[str, Field(max_length=_TEXT)]

#: One of a list: an id, a rule or a header.
Line = Annotated[str, Field(min_length=1, max_length=200)]


def _worded(table: dict[str, str]) -> BeforeValidator:
    """A choice may come as its code, as links of old reports and commands have it."""
    return BeforeValidator(lambda given: table.get(given, given) if isinstance(given, str) else given)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


#: What every form asks for at its end.
_SIGNED = ("who", "why")


class SignedForm(_Form):
    """Every action names who decides and why."""

    who: str = Field(title="谁决定的", description="姓名；照填写的记录，不作核验", min_length=1, max_length=40)
    why: str = Field(title="为什么", description="依据：问过谁、看过什么", min_length=1, max_length=_TEXT)

    #: Whether a proxy knows who it was; else the name is as typed.
    _is_vouched: bool = PrivateAttr(default=False)

    def vouched(self, *, is_so: bool) -> Self:
        """The form, with that known."""
        self._is_vouched = is_so
        return self

    @property
    def signed(self) -> Signed:
        """Who and why."""
        return Signed(self.who, self.why, self._is_vouched)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What the UI draws: who and why come last, and no word of ours to engineers."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema.pop("description", None)
        fields = schema["properties"]
        schema["properties"] = {name: told for name, told in fields.items() if name not in _SIGNED} | {
            name: fields[name] for name in _SIGNED
        }
        return schema


class GroupForm(_Form):
    """A group of held-back rows as a report's link fills it in."""

    source: str = Field(title="名单", max_length=60)
    rule: str = Field(title="规则", max_length=60)
    night: str = Field(title="哪一夜", max_length=10)
    publication: str = Field(title="哪次发布", max_length=20)
    count: int = Field(title="行数", ge=1)
    digest: str = Field(title="校验字", max_length=20)

    @property
    def selector(self) -> Selector:
        """The group."""
        return Selector(**self.model_dump())


class ReleaseForm(SignedForm):
    """放行: rows pass."""

    group: GroupForm = Field(title="哪些行", description="由夜报里的链接填好，请勿改动；这些行有变时会拒绝，请从最新的夜报重开")
    until: str = Field("", title="放行到哪一天（含）", description="如 2026-12-31；留空只放行这一夜", max_length=10)


class WaiveForm(SignedForm):
    """豁免: a rule does not hold."""

    rule: str = Field(title="规则", description="规则的名称或编号，见夜报和 docs/rules.zh.md", max_length=60)
    scope: Annotated[Literal["整份名单", "名单里的一行", "一个驿站"], _worded(words.SCOPES)] = Field(title="对什么豁免")
    key: str = Field(title="哪一个", description="名单的键；或 名单:行编号；或驿站编号", max_length=200)
    until: str = Field(title="豁免到哪一天（含）", description="如 2026-12-31，最多一年", min_length=1, max_length=10)


class CorrectForm(SignedForm):
    """更正: a person's value."""

    scope: Annotated[Literal["名单里的一行", "一个驿站"], _worded(words.SCOPES)] = Field(title="更正什么")
    key: str = Field(title="哪一个", description="名单:行编号；或驿站编号", max_length=200)
    field: str = Field(
        title="字段", description="如 name 名称、address 地址、lng 经度、lat 纬度、phone 电话；见 docs/dictionary.md", max_length=40
    )
    value: Text = Field(title="正确的值", description="照业主的写法填；留空表示这一项没有")


class JudgeForm(SignedForm):
    """判定: a verdict on a pair."""

    left_id: str = Field(title="登记甲", description="登记编号，如 union:12", max_length=200)
    right_id: str = Field(title="登记乙", max_length=200)
    verdict: Annotated[Literal["同一站", "不是同一站", "不确定"], _worded(words.VERDICTS)] = Field(title="判定")


class MergeForm(SignedForm):
    """合并: stations become one."""

    stations: list[Line] = Field(
        title="哪几个驿站", description="驿站编号，至少两个；最早的编号留用，其余转到它", min_length=2, max_length=20
    )


class SplitForm(SignedForm):
    """拆分: a station becomes two."""

    station: str = Field(title="哪个驿站", max_length=40)
    listings: list[Line] = Field(title="拆出哪几条登记", description="登记编号；其余留在原站", min_length=1, max_length=50)


class AddForm(SignedForm):
    """新增: a station that no list has. Its fields are those of the operators' list."""

    name: str = Field(title="名称", min_length=1, max_length=100)
    address: str = Field("", title="地址", description="如 芜湖市镜湖区青阳路38号；没有地址就填坐标", max_length=200)
    county: str = Field("", title="区县", max_length=40)
    town: str = Field("", title="乡镇街道", max_length=60)
    community: str = Field("", title="社区", max_length=80)
    lng: str = Field("", title="经度", description="WGS-84", max_length=40)
    lat: str = Field("", title="纬度", description="WGS-84", max_length=40)
    host: str = Field("", title="所属单位", max_length=100)
    kind: str = Field("", title="类型", description="如 工会驿站、银行网点、党群服务中心", max_length=60)
    batch: str = Field("", title="批次", description="改造一批、新建一批、挂建开放一批", max_length=40)
    phone: str = Field("", title="电话", max_length=80)
    hours: str = Field("", title="开放时间", max_length=120)
    facilities: str = Field("", title="设施", description="如 饮水机、微波炉、充电", max_length=300)

    @property
    def values(self) -> dict[str, str]:
        """Row field → what was filled in."""
        return self.model_dump(exclude={"who", "why"})


class CloseForm(SignedForm):
    """停用: a station is gone although lists have it."""

    station: str = Field(title="哪个驿站", description="驿站编号，如 yz3402-0032cf0e51", min_length=1, max_length=40)


class AcceptForm(SignedForm):
    """接受变更: a feed has changed for good, or for a while."""

    source: str = Field(title="名单", max_length=60)
    rules: list[Line] = Field(
        default_factory=list,
        max_length=10,
        title="不再因此停用",
        description="source_too_few 行数过少、source_vanishing 大量消失、source_failing 大面积不合格",
    )
    headers: list[Line] = Field(default_factory=list, max_length=100, title="表头有变也照收", description="新增或不再有的表头，照原样写")
    rows_from: str = Field("", title="行数从", description="今后的下限，如 80；与“行数到”一起填，留空不改", max_length=9)
    rows_to: str = Field("", title="行数到", description="今后的上限，如 300", max_length=9)
    datum: Literal["", "WGS-84", "GCJ-02", "BD-09", "CGCS2000"] = Field("", title="坐标系改为")
    until: str = Field("", title="到哪一天（含）", description="如 2026-12-31；留空一直有效", max_length=10)

    @property
    def changes(self) -> list[tuple[str, str]]:
        """What is accepted, as `flows.acts.accept` takes it."""
        told = [("rule", each) for each in self.rules] + [("header", each) for each in self.headers]
        rows = [("rows", f"{self.rows_from}-{self.rows_to}")] if self.rows_from or self.rows_to else []
        return [*told, *rows, *([("datum", self.datum)] if self.datum else [])]


class ReplayForm(SignedForm):
    """重放: nights are made again out of the archive."""

    since: str = Field(
        title="从哪一夜起", description="如 2026-06-01；这一夜及之后各夜按今天的决定重建，不重新取数", min_length=1, max_length=10
    )


class FetchForm(SignedForm):
    """重跑来源: one source is fetched again."""

    source: str = Field(title="名单", max_length=60)


class UndoForm(SignedForm):
    """撤销: a decision is taken back."""

    decision: str = Field(title="哪个决定", description="决定的编号，如 2026-06-03-7", min_length=1, max_length=40)


#: The form of each action.
FORMS: Final[Mapping[str, type[SignedForm]]] = {
    "release": ReleaseForm,
    "correct": CorrectForm,
    "waive": WaiveForm,
    "judge": JudgeForm,
    "merge": MergeForm,
    "split": SplitForm,
    "add": AddForm,
    "close": CloseForm,
    "accept": AcceptForm,
    "refetch": FetchForm,
    "replay": ReplayForm,
    "undo": UndoForm,
}


def filled(form: type[_Form], given: Any) -> Any:
    """The form as it was filled in. Raises RefusedError with a sentence a field that is wrong: the UI's own checks can be switched off."""
    if isinstance(given, form):
        return given
    try:
        return form.model_validate(given)
    except ValidationError as wrong:
        raise RefusedError("；".join(dict.fromkeys(_told(form, error["loc"], error["type"]) for error in wrong.errors()))) from None


def _told(form: type[BaseModel], place: tuple[int | str, ...], kind: str) -> str:
    known = form.model_fields.get(str(place[0])) if place else None
    title = known.title if known and known.title else shown("、".join(map(str, place))) or "表单"
    wanted = {
        "missing": "没有填写",
        "string_too_short": "没有填写",
        "too_short": "填得不够",
        "string_too_long": "太长",
        "too_long": "太多",
        "literal_error": "只能从所列的几个里选",
        "extra_forbidden": "是表单里没有的一项",
    }
    return f"{title}：{wanted.get(kind, '填得不对')}"


def day(text: str) -> date | None:
    """A date as it is typed, None where the field is empty. Raises RefusedError."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"“{shown(text)}”不是日期：请写成 2026-12-31 这样") from None
