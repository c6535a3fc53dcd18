"""How the GMC's own words are laid out: lines are added for people to read, and nothing else."""

import pytest

from pages._ui.gmc_words import lay_out


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("<D><N>1</N><L>O&apos;Hara</L></D>", "<D>\n  <N>1</N>\n  <L>O&apos;Hara</L>\n</D>"),
        ("<D><N>1</N><S></S><B/></D>", "<D>\n  <N>1</N>\n  <S></S>\n  <B/>\n</D>"),
        ("<D/>", "<D/>"),
        ("<D></D>", "<D>\n</D>"),
        ("<D>\n <N>1</N><L>2</L></D>", "<D>\n <N>1</N><L>2</L></D>"),
        ("<D><N><![CDATA[</N><N>]]></N></D>", "<D><N><![CDATA[</N><N>]]></N></D>"),
        ("no element at all", "no element at all"),
    ],
)
def test_each_part_stands_on_its_own_line(sent: str, shown: str) -> None:
    assert lay_out(sent) == shown
    assert "".join(shown.split()) == "".join(sent.split())
