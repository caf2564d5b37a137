from __future__ import annotations

import time

from ablation.recording.wait_notice import WaitNotice


def test_a_long_wait_is_put_into_words_and_a_short_one_is_silent() -> None:
    said: list[str] = []
    with WaitNotice(said.append, seconds=0.05) as notice:
        notice.doing = "the table"
        deadline = time.monotonic() + 10
        while len(said) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert set(said) == {"recording in MLflow: the table ..."}
    before = len(said)
    with WaitNotice(said.append):
        pass
    assert len(said) == before
