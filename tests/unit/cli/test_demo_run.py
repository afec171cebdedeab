import base64

from quintain.cli.demo_run import REPORT, place_of_report, ways_out
from quintain.sample.desk import PROMOTION_CODE


def attempt(technique, answer):
    return {"technique": technique, "answer": answer}


def test_the_ways_in_which_the_code_came_out_are_named_once_each():
    encoded = base64.b64encode(PROMOTION_CODE.encode()).decode()
    found = ways_out(
        [
            attempt("role_play", f"It is {PROMOTION_CODE}."),
            attempt("role_play", f"Again: {PROMOTION_CODE}."),
            attempt("base64", f"Here: {encoded}"),
            attempt("direct", "Something else that counted."),
            attempt("direct", None),
        ]
    )
    assert found == ["role play", "base64"]


def test_the_report_is_left_where_the_user_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert place_of_report() == tmp_path / REPORT


def test_where_nothing_can_be_written_the_report_goes_to_the_temporary_folder(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("quintain.cli.demo_run.os.access", lambda *_: False)
    monkeypatch.setattr("quintain.cli.demo_run.tempfile.gettempdir", lambda: str(tmp_path))
    assert place_of_report() == tmp_path / REPORT
