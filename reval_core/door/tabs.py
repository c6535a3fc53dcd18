"""What belongs to which sign-in: the tabs of a browser, and the files that were made for it. Nobody gets another's."""

from collections import OrderedDict
from threading import Lock
from typing import Final

_MOST: Final = 10_000
_lock = Lock()
_tabs: OrderedDict[str, str] = OrderedDict()
_files: OrderedDict[tuple[str, str], None] = OrderedDict()


def note_tab(tab: str, sign_in_id: str) -> None:
    """Note whose tab this is. The tabs that were seen longest ago are forgotten, and cannot be taken up again."""
    with _lock:
        _tabs[tab] = sign_in_id
        _tabs.move_to_end(tab)
        while len(_tabs) > _MOST:
            _tabs.popitem(last=False)


def is_tab_of(tab: str, sign_in_id: str) -> bool:
    """Whether the tab is known to belong to this sign-in."""
    with _lock:
        return _tabs.get(tab) == sign_in_id


def note_file(file: str, sign_in_id: str) -> None:
    """Note for whom a file was made; two people may be given the same."""
    with _lock:
        _files[file, sign_in_id] = None
        _files.move_to_end((file, sign_in_id))
        while len(_files) > _MOST:
            _files.popitem(last=False)


def is_file_of(file: str, sign_in_id: str) -> bool:
    """Whether the file was made for this sign-in."""
    with _lock:
        return (file, sign_in_id) in _files
