"""Taking elements out of an entry, so that nothing of them is left, nor whether they were there."""

from typing import Final

import pytest

from reval_core.gmc.blanked import blank_elements

NAMES: Final = ("Sanction", "Investigation")
ENTRY: Final = "<Doctor><Number>7000001</Number>{}<Breach>No</Breach></Doctor>"
BLANKED: Final = (
    "<Doctor><Number>7000001</Number><Breach>No</Breach>"
    "<Investigation>Not shown</Investigation><Sanction>Not shown</Sanction></Doctor>"
)


@pytest.mark.parametrize(
    "part",
    [
        "",
        "<Sanction>SECRET</Sanction>",
        "<Sanction/>",
        '<Sanction xsi:nil="true" />',
        "<Sanction></Sanction><Investigation>SECRET</Investigation>",
        "<Sanction>SECRET</Sanction><Sanction>SECRET</Sanction>",
        "<g:Sanction a='>'>SECRET</g:Sanction>",
        "<sanction>SECRET</sanction >",
        "<Sanction><Sanction>SECRET</Sanction>SECRET</Sanction>",
        "<Sanction><Investigation>SECRET</Investigation></Sanction>",
        "<Sanction><![CDATA[</Sanction>SECRET]]></Sanction>",
        "<!-- Sanction: SECRET --><?sanction SECRET?>",
        "<!-- <Sanction> --><Sanction>SECRET<!-- </Sanction> --></Sanction>",
    ],
)
def test_entry_looks_the_same_whatever_it_had(part: str) -> None:
    assert blank_elements(ENTRY.format(part), NAMES, "Not shown") == BLANKED


@pytest.mark.parametrize(
    "text",
    [
        "SECRET",
        "",
        ENTRY.format("<Other Sanction='SECRET'/>"),
        ENTRY.format("<SanctionText>SECRET</SanctionText>"),
        ENTRY.format("<![CDATA[<Sanction>SECRET</Sanction>]]>"),
        ENTRY.format("<Sanction <b>SECRET"),
    ],
)
def test_what_cannot_be_made_sure_of_is_left_out_as_a_whole(text: str) -> None:
    assert blank_elements(text, NAMES, "Not shown") == "Not shown"


def test_element_that_is_not_closed_takes_all_that_follows() -> None:
    shown = blank_elements("<Doctor><Number>7000001</Number><Sanction>SECRET</Doctor>", NAMES, "Not shown")
    assert "SECRET" not in shown
