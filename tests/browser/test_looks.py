"""Every page in a real browser: no violation of accessibility, no request that leaves the machine."""

from datetime import date

from tests.browser.conftest import House


def test_the_desk_and_the_table_are_accessible_and_stay_on_the_machine(house: House) -> None:
    house.at(date(2019, 11, 5))
    editor = house.somebody(house.world.own.editor)
    found = {}
    for path in ("/", f"/tables/{house.world.own.table_id}"):
        editor.open(path)
        found[path] = editor.violations()
    assert found == {path: [] for path in found}
    assert all(url.startswith((house.address, "data:")) for url in editor.requests)
    assert editor.requests
