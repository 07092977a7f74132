-- station_diary: What happened to each station, as a diary in Chinese.
-- Grain: one row an event of a station, by its night and number in `station_event`.
-- Question: What is the story of this station, in words that can be read out?
-- Columns:
--   night: business date
--   number: number of the event within the night
--   station_id: station that it happened to
--   sentence: what happened and why, one sentence (Chinese)
with batch_word (code, word) as (
  values ('renovated', '改造一批'), ('new_build', '新建一批'), ('co_branded', '挂建开放一批'), ('none', '不在三个一批'), ('（空）', '（空）')
), kind_word (code, word) as (
  values
    ('civ_centre', '新时代文明实践中心'), ('civ_institute', '新时代文明实践所'), ('civ_station', '新时代文明实践站'), ('civ_point', '新时代文明实践点'),
    ('party_centre', '党群服务中心'), ('community_centre', '社区服务中心'), ('city_post', '人民城市驿站'), ('telecom_kiosk', '街头驿亭'),
    ('telecom_cabin', '移动驿舱'), ('bank_self_service', '自助银行'), ('bank_outlet', '银行网点'), ('telecom_hall', '营业厅'),
    ('union_station', '工会驿站'), ('mall', '商场'), ('office_tower', '楼宇'), ('park', '公园'), ('merchant', '爱心商户'), ('other', '其他'),
    ('（空）', '（空）')
), cause_word (cause, word) as (
  values
    ('listed', '据名单'), ('same_station', '判为同一个站'), ('not_same_station', '判为不同的站'), ('closed_by_owner', '业主标明停用'),
    ('closed_by_person', '人工停用，名单上可能还有'), ('corrected', '人工更正'), ('absent_twice', '连续两次名单里都没有'), ('carried_too_long', '名单太久没有更新')
), field_word (field, word) as (
  values
    ('host', '所属单位'), ('plaques', '挂牌'), ('county_code', '区县代码'), ('county', '区县'), ('town_code', '乡镇街道代码'), ('town', '乡镇街道'),
    ('community_code', '社区代码'), ('community', '社区'), ('phones', '电话'), ('hours_text', '开放时间原文'), ('facilities', '设施'),
    ('credit_code', '统一社会信用代码'), ('opened_on', '建成日期')
), event_words (event, before, after) as (
  values
    ('opened', '新增', null), ('reopened', '重新开放', null), ('closed', '停用', null), ('merged', '并入', null), ('split', '拆分，名单上的登记现在分属', null),
    ('split_off', '从', '拆出，单独成站'), ('moved', '迁址，移动了', null), ('renamed', '改名，由', null), ('rescheduled', '改开放时间，由', null),
    ('rebatched', '改批次，由', null), ('reclassified', '改类型，由', null), ('readdressed', '改地址，由', null),
    ('corrected', '更正', null)
), said as (
  select distinct source from station_event where source is not null
), titled as (
  select s.source, string_agg(o.title, '、' order by o.source) as titles
  from said s join owner o on strpos(';' || s.source || ';', ';' || o.source || ';') > 0
  group by s.source
), happened as (
  select
    e.night, e.number, e.station_id, e.event, e.cause, e.source, e.detail,
    coalesce(now.name, was.name) as name,
    case when e.event = 'corrected' then split_part(e.detail, ': ', 1) end as field,
    split_part(case when e.event = 'corrected' then substr(e.detail, strpos(e.detail, ': ') + 2) else e.detail end, ' → ', 1) as old_value,
    split_part(e.detail, ' → ', 2) as new_value
  from station_event e
  left join station_history now on now.station_id = e.station_id and now.valid_from <= e.night and coalesce(now.valid_to, date '9999-12-31') > e.night
  left join station_history was on was.station_id = e.station_id and was.valid_to = e.night
)
select
  h.night, h.number, h.station_id,
  '驿站' || coalesce('“' || h.name || '”', h.station_id) || w.before
  || case
    when h.event in ('merged', 'split') then replace(coalesce(h.detail, '（不明）'), ';', '、')
    when h.event = 'split_off' then coalesce(h.detail, '别的站')
    when h.event = 'moved' then replace(coalesce(h.detail, '（不明）'), ' m', ' 米')
    when h.event = 'rebatched' then '“' || coalesce(bo.word, h.old_value, '（不明）') || '”改为“' || coalesce(bn.word, h.new_value, '（不明）') || '”'
    when h.event = 'reclassified' then '“' || coalesce(ko.word, h.old_value, '（不明）') || '”改为“' || coalesce(kn.word, h.new_value, '（不明）') || '”'
    when h.event in ('renamed', 'rescheduled', 'readdressed') then '“' || coalesce(h.old_value, '（不明）') || '”改为“' || coalesce(h.new_value, '（不明）') || '”'
    when h.event = 'corrected' then coalesce(f.word, h.field, '') || '，由“' || coalesce(h.old_value, '（不明）') || '”改为“' || coalesce(h.new_value, '（不明）') || '”'
    else ''
  end
  || coalesce(w.after, '')
  || case when c.word is null and h.source is null then '' else '（' || coalesce(c.word, '原因不明') || coalesce('：' || coalesce(t.titles, h.source), '') || '）' end
  || '。' as sentence
from happened h
join event_words w on w.event = h.event
left join field_word f on f.field = h.field
left join cause_word c on c.cause = h.cause
left join batch_word bo on bo.code = h.old_value
left join batch_word bn on bn.code = h.new_value
left join kind_word ko on ko.code = h.old_value
left join kind_word kn on kn.code = h.new_value
left join titled t on t.source = h.source
