import pytest

from pipeline.errors import BudgetStop, SeedwrightError, TeacherError
from pipeline.teacher.ending import require_all_asked


def test_what_was_left_unasked_is_an_error_though_nothing_says_why() -> None:
    with pytest.raises(SeedwrightError, match=r"^judge: 2 requests were not asked \(3 answered now\).*run the same"):
        require_all_asked({"stopped": None}, {"answered": 3, "stopped": 2, "failed": 1}, "judge")


def test_an_end_with_every_request_asked_is_none() -> None:
    assert require_all_asked({"stopped": None}, {"answered": 3, "failed": 1}) is None


def test_a_stop_is_told_with_its_reason_and_how_much_is_left() -> None:
    fates = {"answered": 3, "stopped": 2, "failed": 1}
    with pytest.raises(TeacherError, match=r"^judge: 401 no \(3 answered now, 3 left\); mend that"):
        require_all_asked({"stopped": ("teacher", "401 no")}, fates, "judge")
    with pytest.raises(BudgetStop, match=r"^budget: used up .* larger --budget"):
        require_all_asked({"stopped": ("budget", "used up")}, fates, "judge")
    with pytest.raises(KeyboardInterrupt):
        require_all_asked({"stopped": ("interrupt", "by the user")}, fates)
