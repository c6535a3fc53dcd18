"""What an address shows at which there is no page: that it is so, and the ways on."""

from pages._ui.frame import open_page
from pages._ui.tables import draw_notice, link

with open_page("Page not found"):
    draw_notice(
        "info",
        "There is no page at this address",
        "It may have been cut short when it was copied, or the page may have moved. Nothing is lost.",
        link("Go to the overview", "/"),
        "Or look for a doctor, or for a reference, in the box beside this page.",
    )
