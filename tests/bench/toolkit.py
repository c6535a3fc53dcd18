"""How long a SOAP toolkit and our reader take over the same answers. Prints one JSON document."""

import asyncio
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import zeep
from requests import Response
from zeep.transports import Transport

import reval_core.gmc
from reval_core.config import load_settings
from reval_core.gmc.reply import read_doctor_list
from tests.bench.floor import fetch_lists


class _Replay(Transport):
    """Answers a toolkit's requests with bytes that have been fetched before."""

    answer = b""

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Response:
        response = Response()
        response.status_code, response._content = 200, self.answer
        response.headers["Content-Type"] = "text/xml; charset=utf-8"
        return response


def main() -> None:
    answers = asyncio.run(fetch_lists(load_settings()))
    replay = _Replay()
    description = Path(reval_core.gmc.__file__).with_name("GMCWebServices.wsdl")
    toolkit = zeep.Client(str(description), transport=replay, port_name="WebServiceSoap")
    gc.disable()
    began = time.perf_counter()
    ours = sum(len(read_doctor_list(answer).entries) for answer in answers)
    after_ours = time.perf_counter()
    theirs = sum(_count_with(toolkit, replay, answer) for answer in answers)
    after_theirs = time.perf_counter()
    if ours != theirs:
        raise SystemExit(f"We read {ours} doctors, the toolkit {theirs}.")
    json.dump({"ours": after_ours - began, "toolkit": after_theirs - after_ours, "doctors": ours}, sys.stdout)


def _count_with(toolkit: Any, replay: _Replay, answer: bytes) -> int:
    replay.answer = answer
    return len(toolkit.service.GetDoctorsForDB().Doctors.GetDoctorsForDBResponse_Doctor)


if __name__ == "__main__":
    main()
