"""Lists of many cities: each row is read as of its own."""

import pandas as pd
import pytest

from transforms.standardise.anywhere import listings_of


def cores(*rows: tuple[str, str]) -> list[str]:
    """Core names of (city, name)."""
    frame = pd.DataFrame(
        {
            "listing_id": [f"a:{at}" for at in range(len(rows))],
            "source": "a",
            "line": [str(at) for at in range(len(rows))],
            "datum": pd.Series([None] * len(rows), dtype="str"),
            "city": [city for city, _ in rows],
            "name": [name for _, name in rows],
        }
    ).astype("str")
    listings, _ = listings_of(frame)
    return [str(core) for core in listings["name_core"]]


OTHER = ("云芜市", "云芜市星福小区便民服务中心")


@pytest.mark.parametrize(
    ("city", "name", "core"),
    [
        pytest.param("柏京市", "中国工商银行股份有限公司柏京市西苑东路支行", "西苑东路", id="behind the firm"),
        pytest.param("柏京", "柏京市小旺利墨店", "小旺利墨店", id="in front"),
        pytest.param("柏京市", "中国工商银行云芜市路支行", "云芜市路", id="another city is a name like any"),
        pytest.param("柏京市", "柏京市路", "柏京市路", id="too little would be left"),
    ],
)
def test_a_rows_own_city_is_no_part_of_its_core_name(city: str, name: str, core: str) -> None:
    assert cores((city, name), OTHER)[0] == core
