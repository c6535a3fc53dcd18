"""Files that are made for somebody: the door gives each only to the sign-in that it was made for."""

from streamlit.runtime.memory_media_file_storage import _calculate_file_id

from reval_core.door.tabs import note_file


def give_to(sign_in_id: str, made: bytes, kind: str, name: str) -> bytes:
    """The file, after noting for whom it was made, under the address at which Streamlit will offer it."""
    note_file(_calculate_file_id(made, kind, name), sign_in_id)
    return made
