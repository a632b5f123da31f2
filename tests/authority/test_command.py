"""`triage authorize`: what it prints, its JSON, its history file, and what it says to mistakes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.authority.desk import FACTS, RANKS, REFUND
from triage.cli.main import run
from triage.testing import write_pack

CAPS = "  caps:\n    - {sum_of: [refund], per: customer, in: 30d, limit: case_limit}\n    - {sum_of: [refund], per: handler.department, in: 30d, limit: 900, when: {handler.department: {exists: true}}}\n"
SVIP = "  adjust: [{when: {customer.tier: svip}, times: 2, ranks: [agent]}]\n  never: [complaint.about_employee]\n"


@pytest.fixture
def pack(tmp_path: Path) -> str:
    return str(write_pack(tmp_path / "pack", others={"authority.yaml": "authority:\n" + RANKS + REFUND + CAPS + SVIP, "facts.yaml": FACTS}))


def asked(capsys: pytest.CaptureFixture[str], pack: str, *arguments: str) -> dict:
    assert run(["authorize", "--pack", pack, "--remedy", "refund", "--json", *arguments]) == 0
    found = orjson.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_the_question_of_the_manual(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["authorize", "--pack", "telecom-cn", "--rank", "agent", "--remedy", "refund", "--amount", "200元", "--lang", "zh"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "坐席，退费 200元：须高级坐席审批"
    assert lines[1] == "本人还能单独授予：100元"
    assert any("rules/telecom-cn/authority.yaml:" in line for line in lines)
    assert run(["authorize", "--pack", "telecom-cn", "--rank", "agent", "--remedy", "refund", "--amount", "200元", "--fact", "customer.tier=svip", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "坐席, Refund 200 CNY: allowed"
    assert "SVIP" in out


def test_json_has_its_keys(pack: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, pack, "--rank", "agent", "--amount", "200元")
    assert {"verdict", "by", "limits", "sums", "room", "rules", "format"} <= set(found)
    assert (found["verdict"], found["by"], found["room"], found["amount"]) == ("needs_approval", "senior", "100", "200")
    assert found["limits"][0] == {"rank": "agent", "limit": "100", "rules": ["refund"]}
    assert found["limits"][-1]["limit"] == "unlimited"
    assert found["sums"][0]["sum"] == "200"
    assert found["rules"][0]["place"].endswith("authority.yaml:3:22")


@pytest.mark.parametrize("form", ["json", "jsonl", "object"])
def test_a_history_adds_up(pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    rows = [
        {"remedy": "refund", "amount": "30元", "at": "2026-03-10T09:00:00+08:00", "case": "old"}, {"remedy": "refund", "amount": 20, "at": "-1d", "case": "older"},
        {"remedy": "refund", "amount": 90, "at": "-40d", "case": "oldest"}, {"kind": "pending", "remedy": "refund", "amount": 10, "waits_for": "agent", "case": "other"},
        {"remedy": "refund", "amount": 5, "at": "-1d", "case": "x", "revoked": "settled"}, {"remedy": "refund", "amount": 70, "at": "-1d", "case": "y", "approved_by": "senior"},
    ]  # fmt: skip
    file = tmp_path / "history"
    if form == "jsonl":
        file.write_bytes(b"\n".join(orjson.dumps(row) for row in rows) + b"\n")
    else:
        file.write_bytes(orjson.dumps(rows if form == "json" else {"entries": rows, "links": {}}))
    found = asked(capsys, pack, "--rank", "agent", "--amount", "40", "--history", str(file), "--now", "2026-03-16T09:00+08:00")
    assert (found["verdict"], found["room"]) == ("allowed", "40")
    assert asked(capsys, pack, "--rank", "agent", "--amount", "40.01", "--history", str(file), "--now", "2026-03-16T09:00+08:00")["verdict"] == "needs_approval"


def test_linked_accounts_in_a_history(pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "h.json"
    file.write_bytes(orjson.dumps({"entries": [{"remedy": "refund", "amount": 60, "customer": "c2", "case": "k2"}], "links": {"c2": "c1"}}))
    assert asked(capsys, pack, "--rank", "agent", "--amount", "1", "--customer", "c1", "--history", str(file))["room"] == "40"
    assert asked(capsys, pack, "--rank", "agent", "--amount", "1", "--customer", "c3", "--history", str(file))["room"] == "100"


def test_a_fact_that_a_cap_is_kept_per(pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "h.json"
    file.write_bytes(orjson.dumps([{"remedy": "refund", "amount": 880, "customer": "c2", "case": "k2", "handler.department": "资费组"}]))
    found = asked(capsys, pack, "--rank", "director", "--amount", "21", "--fact", "handler.department=资费组", "--history", str(file))
    assert (found["verdict"], found["why"][0]["code"]) == ("refused", "cap")


def test_who_asks_counts_where_the_complaint_names_somebody(pack: str, capsys: pytest.CaptureFixture[str]) -> None:
    named = ("--rank", "agent", "--amount", "1", "--fact", "complaint.about_employee=u7")
    assert asked(capsys, pack, *named)["why"][0]["code"] == "handler_missing"
    assert asked(capsys, pack, *named, "--handler", "u7")["why"][0]["code"] == "avoidance"
    assert asked(capsys, pack, *named, "--handler", "u8")["verdict"] == "allowed"


def test_another_currency_with_its_rate(pack: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, pack, "--rank", "agent", "--amount", "10美元", "--rate", "USD=7.1234@2026-03-15", "--now", "2026-03-16T09:00+08:00")
    assert (found["amount"], found["rate"]) == ("71.24", {"currency": "USD", "worth": "7.1234", "on": "2026-03-15"})
    assert asked(capsys, pack, "--rank", "agent", "--amount", "10美元")["why"][0]["code"] == "no_rate"


def test_without_an_instant_rules_of_time_cant_be_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adjust = "  adjust: [{times: 2, ranks: [agent], valid: {from: 2026-11-01, to: 2026-11-12}}]\n"
    pack = str(write_pack(tmp_path / "pack", others={"authority.yaml": "authority:\n" + RANKS + REFUND + adjust, "facts.yaml": FACTS}))
    found = asked(capsys, pack, "--rank", "agent", "--amount", "150")
    assert (found["verdict"], found["unknown"][0]["rule"]) == ("needs_approval", "adjust-1")
    assert asked(capsys, pack, "--rank", "agent", "--amount", "150", "--now", "2026-11-11T09:00+08:00")["verdict"] == "allowed"


@pytest.mark.parametrize(("arguments", "said"), [
    (["--rank", "agnet", "--amount", "1"], "did you mean 'agent'"), (["--rank", "agent", "--amount", "abc"], "can't be read as an amount"), (["--rank", "agent"], "needs an amount"),
    (["--amount", "1"], "--rank is missing"), (["--rank", "agent", "--amount", "1", "--fact", "customer.teir=svip"], "customer.tier"),
    (["--rank", "agent", "--amount", "1", "--fact", "order.paid=abc"], "order.paid"), (["--rank", "agent", "--amount", "1", "--fact", "tags.category=没有的"], "no category"),
    (["--rank", "agent", "--amount", "1", "--rate", "USD"], "--rate can't be read"), (["--rank", "agent", "--amount", "1", "--now", "下周"], "--now"),
    (["--rank", "agent", "--amount", "1", "--history", "nowhere.json"], "nowhere.json"), (["--rank", "agent", "--amount", "1", "--pack", "base-cn"], "no `authority:`"),
    (["--rank", "agent", "--amount", "1", "--remedy", "refnud"], "did you mean 'refund'"),
])  # fmt: skip
def test_mistakes_are_usage_errors_with_a_mend(pack: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert run(["authorize", "--pack", pack, "--remedy", "refund", "--lang", "en", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(("content", "said"), [
    ("not json", "neither JSON nor JSONL"), ('[{"remedy": "refnud", "amount": 1}]', "entry 1 of the history: unknown remedy"), ('[{"remedy": "refund", "amount": "-1"}]', "more than zero"),
    ('[{"remedy": "refund", "amount": 1, "amuont": 2}]', "did you mean 'amount'"), ('[{"remedy": "refund", "amount": 1}, {"remedy": "refund", "amount": 1, "at": "gestern"}]', "entry 2"),
    ('[{"remedy": "refund", "amount": 1, "approved_by": "boss"}]', "unknown rank"), ('[{"kind": "pending", "remedy": "refund", "amount": 1}]', "waits_for"), ("5", "list of grants"),
    ('[5]', "a mapping is wanted"), ('{"links": [1]}', "list of grants"), ('[{"remedy": "refund", "amount": 1, "revoked": "maybe"}]', "revoked"), ('[{"kind": "x", "remedy": "refund", "amount": 1}]', "grant or pending"),
])  # fmt: skip
def test_a_bad_history_names_the_entry(pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str) -> None:
    file = tmp_path / "h.json"
    file.write_text(content, "utf-8")
    assert run(["authorize", "--pack", pack, "--remedy", "refund", "--rank", "agent", "--amount", "1", "--history", str(file), "--lang", "en"]) == 2
    assert said in capsys.readouterr().err


class TestPackTests:
    def results(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], *tests: str) -> tuple[int, str]:
        text = "tests:\n" + "".join(f"  - {{name: t{i}, {test}}}\n" for i, test in enumerate(tests))
        folder = write_pack(tmp_path / "pack", others={"authority.yaml": "authority:\n" + RANKS + REFUND + CAPS + SVIP, "facts.yaml": FACTS, "tests/a.yaml": text})
        code = run(["test", str(folder), "--model", "none", "--lang", "en"])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    def test_what_holds_passes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = self.results(
            tmp_path, capsys,
            "given: {handler: {rank: agent}, remedy: refund, amount: 200元, granted: [{remedy: refund, amount: 50元, at: -3d}]}, expect: {verdict: needs_approval, by: senior, room: 50元, approvers: 1}",
            "given: {handler: {rank: agent}, remedy: refund, amount: 200元, customer: {tier: svip}}, expect: {verdict: allowed, by: null, rules: [adjust-1, refund], limits: {agent: 200, director: unlimited}, not: {by: senior}}",
            "given: {handler: {rank: director}, remedy: refund, amount: 0}, expect: {verdict: refused, why: [not_positive], room: unlimited}",
            "given: {complaint: {text: 宽带断了}, handler: {rank: agent}, remedy: refund, amount: 5, tags: {category: 资费争议}}, expect: {verdict: [allowed], only: {may: [agent, senior, supervisor, manager, director], why: []}}",
        )  # fmt: skip
        assert code == 0, out
        assert "4 tests, 0 failed" in out

    @pytest.mark.parametrize(("expect", "shown"), [
        ("verdict: allowed", "needs_approval"), ("verdict: needs_approval, by: manager", "senior"), ("room: 51元", "50"), ("verdict: needs_approval, rules: [cap-2]", "cap-1"),
        ("verdict: needs_approval, limits: {agent: 99}", "100"), ("verdict: needs_approval, not: {by: senior}", "senior"), ("verdict: needs_approval, only: {may: [senior]}", "director"),
        ("verdict: needs_approval, by: null", "senior"), ("verdict: needs_approval, not: {rules: [refund]}", "refund"), ("verdict: needs_approval, approvers: 2", "1"),
    ])  # fmt: skip
    def test_what_doesnt_hold_fails_and_shows_what_came(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], expect: str, shown: str) -> None:
        code, out = self.results(tmp_path, capsys, f"given: {{handler: {{rank: agent}}, remedy: refund, amount: 200元, granted: [{{remedy: refund, amount: 50元, at: -3d}}]}}, expect: {{{expect}}}")
        assert code == 1
        assert shown in out
