"""What a model's heads add to the tags of cues: the law, and the words that are quoted for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from triage import Complaint, Triage
from triage.domain.tags import Tags
from triage.rendering import decision_text

SAYS = {
    "legal": ("材料我已经递到窗口准备击鼓鸣冤", "下周击鼓鸣冤见分晓", "那就击鼓鸣冤吧", "咱们击鼓鸣冤说清楚", "准备击鼓鸣冤了断这件事", "击鼓鸣冤是早晚的事", "只好击鼓鸣冤讨个公道",
              "亲戚劝我击鼓鸣冤解决", "我选择击鼓鸣冤这条路", "家里商量好击鼓鸣冤"),
    "": ("光猫的灯一直在闪", "师傅说下午过来看看", "打游戏时延迟特别高", "路由器放在客厅里", "晚上看电影总是转圈", "楼道里的线乱成一团", "刚搬家宽带还没装", "网线是自己买的",
         "测速只有一半", "邻居家也一样慢", "上个月才换的套餐", "客服让我重启设备"),
}  # fmt: skip
WANTS = ("把多出来的原数奉还", "剩下的请原数奉还", "请原数奉还到卡里", "余额原数奉还即可", "这笔应当原数奉还", "希望能原数奉还", "押的那笔原数奉还", "该我的原数奉还", "等着原数奉还", "务必原数奉还")
PRAISES = ("大厅里宾至如归的感觉真好", "窗口大厅让人宾至如归", "这家大厅宾至如归", "大厅宾至如归，下次还来", "住在大厅里宾至如归", "老人说大厅宾至如归", "大厅里宾至如归", "大厅配得上宾至如归四个字",
           "一进大厅就宾至如归", "大厅里全程宾至如归", "大厅的茶水让人宾至如归", "大厅里等着也宾至如归")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for telecom-cn whose heads know words that no cue knows: 击鼓鸣冤 (legal), 原数奉还 (refund), 宾至如归 (praise)."""
    pytest.importorskip("sklearn")
    from triage.packs.load import load_pack
    from triage.tags.train import train

    rows = [(text, "", risk, "complaint") for risk, texts in SAYS.items() for text in texts]
    rows += [(text, "refund", "", "complaint") for text in WANTS] + [(text, "", "", "praise") for text in PRAISES]
    labels = ["宽带装维" if i % 2 else "资费争议" for i in range(len(rows))]
    out = tmp_path_factory.mktemp("heads") / "model"
    given = {"requests": [row[1] for row in rows], "risks": [row[2] for row in rows], "intent": [row[3] for row in rows]}
    train([row[0] for row in rows], labels, out, pack=load_pack("telecom-cn").pack, tags=given, min_texts=1)
    return out


@pytest.fixture(scope="module")
def engine(folder: Path) -> Triage:
    return Triage.load("telecom-cn", model=str(folder))


@pytest.fixture(scope="module")
def cues() -> Triage:
    return Triage.load("telecom-cn", model=None)


def quotes(decision, key):
    return [decision.text[a:b] for a, b in decision.tags.spans[key]]


def test_the_head_names_what_no_cue_names(engine, cues):
    for text, key in (("光猫坏了，咱们击鼓鸣冤", "risks:legal"), ("多收的月租，请原数奉还", "requests:refund"), ("大厅里宾至如归，感觉真好", "intent:praise")):
        kind, _, value = key.partition(":")
        before, now = cues.decide(Complaint(text)), engine.decide(Complaint(text))
        assert value not in (getattr(before.tags, kind) or ())
        assert value in getattr(now.tags, kind)
        assert any(word in "击鼓鸣冤原数奉还宾至如归" for word in quotes(now, key))
        assert f"{value} “" in decision_text(now, "en")


def test_a_cue_goes_before_the_head(engine, cues):
    text = "大厅里宾至如归，感觉真好。我要投诉，我要起诉你们，再次击鼓鸣冤"
    decision = engine.decide(Complaint(text))
    assert decision.tags.intent == cues.decide(Complaint(text)).tags.intent == "complaint"
    assert "起诉" in "".join(quotes(decision, "risks:legal")), "the cue's words are quoted, not the head's"
    assert decision.tags.risks.count("legal") == 1
    asked = engine.decide(Complaint("给我赔偿两百元，原数奉还"))
    assert asked.tags.requests == ("compensation",), "beside a request that a cue names the head names none"


def test_an_unsure_head_is_silent(folder, tmp_path):
    copy = tmp_path / "unsure"
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / "model.json").read_text("utf-8"))
    for head in manifest["heads"][1:]:
        head["below"] = [2.0] * len(head["labels"])
    (copy / "model.json").write_text(json.dumps(manifest), "utf-8")
    tags = Triage.load("telecom-cn", model=str(copy)).decide(Complaint("光猫坏了，咱们击鼓鸣冤")).tags
    assert tags.risks == () and not hasattr(tags.spans, "named")


def test_a_negated_word_names_nothing(engine):
    assert engine.decide(Complaint("光猫坏了，咱们击鼓鸣冤")).tags.risks == ("legal",)
    assert engine.decide(Complaint("光猫坏了，咱们不会击鼓鸣冤")).tags.risks == ()
    both = engine.decide(Complaint("原来不想击鼓鸣冤。现在只好击鼓鸣冤"))
    assert both.tags.risks == ("legal",)


def test_a_phrase_that_hides_a_cue_hides_the_head_s_word_too(engine):
    import numpy as np

    from triage.tags.fill import HeadFiller
    from triage.text.fold import fold
    from triage.text.reading import Reading
    from triage.text.scan import Found

    inner = engine._engine
    reading = Reading(fold("咱们击鼓鸣冤"), inner.segmenter.cut)
    prediction = inner.model.predict(reading.tokens)
    assert prediction.risks == ("legal",)
    filler = HeadFiller(inner.pack.taxonomy, {"risks:legal": frozenset({7})}, inner.model, inner.segmenter.cut)
    bare = inner.tagger.tags({}, 6)
    for check, start, end, risks in ((7, 0, 6, ()), (7, 0, 4, ("legal",)), (8, 0, 6, ("legal",))):
        tags = [bare]
        filler.fill(tags, [prediction], [reading], Found(*(np.array([x]) for x in (0, check, start, end))))
        assert tags[0].risks == risks


@pytest.mark.parametrize("text", ["咱们擊鼓鳴冤", "ＡＢＣ　咱们击鼓鸣冤！！", "光猫①坏了，\r\n咱们 击鼓鸣冤 ㎡", "ß咱们击鼓鸣冤"])
def test_quotes_are_of_the_original_text(engine, text):
    decision = engine.decide(Complaint(text))
    assert decision.tags.risks == ("legal",)
    assert any(word in ("击鼓", "鸣冤", "击鼓鸣冤", "擊鼓", "鳴冤", "擊鼓鳴冤") for word in quotes(decision, "risks:legal"))


def test_one_by_one_is_as_in_a_batch(engine):
    texts = [*SAYS["legal"], *SAYS[""], *WANTS, *PRAISES, "我要起诉，击鼓鸣冤", ""]
    alone = [engine.decide(Complaint(text)) for text in texts]
    assert alone == list(engine.decide_many([Complaint(text) for text in texts]))
    assert any(getattr(d.tags.spans, "named", ()) for d in alone)


def test_values_that_the_pack_lacks_are_not_named(engine):
    import numpy as np

    from triage.domain.pack import Taxonomy
    from triage.tags.fill import HeadFiller
    from triage.text.fold import fold
    from triage.text.reading import Reading
    from triage.text.scan import Found

    inner = engine._engine
    reading = Reading(fold("咱们击鼓鸣冤"), inner.segmenter.cut)
    tags = [Tags(None)]
    none = Found(*(np.array([], dtype=np.int64) for _ in range(4)))
    HeadFiller(Taxonomy(), {}, inner.model, inner.segmenter.cut).fill(tags, [inner.model.predict(reading.tokens)], [reading], none)
    assert tags[0].risks == () and tags[0].intent is None
