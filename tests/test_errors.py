from __future__ import annotations

import pickle

from ablation.errors import UserError


def test_a_mistake_goes_from_one_process_to_another_whole() -> None:
    mistake = UserError("too small", place="augment.transforms", remedy="larger images")
    found = pickle.loads(pickle.dumps(mistake))
    assert (type(found), str(found)) == (UserError, str(mistake))
    assert (found.problem, found.place, found.remedy) == ("too small", "augment.transforms", "larger images")
