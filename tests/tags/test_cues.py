"""What cue phrases make of a text: scores, overlaps, refinement of the classifier's category."""

from __future__ import annotations

from dataclasses import replace

import pytest

from triage.domain.condition import Check
from triage.domain.pack import Category, Cue, TagValue, Taxonomy
from triage.domain.tags import Span
from triage.message import Message
from triage.tags.cues import CueTagger
from triage.tags.model import Prediction
from triage.text.fold import fold, fold_many
from triage.text.reading import Reading
from triage.text.scan import Scanner
from triage.text.segment import segmenter


def cue(*phrases, op="contains_any", weight=1, unless_negated=False):
    return Cue(Check(op, phrases if op != "matches" else phrases[0], unless_negated), weight)


def value(name, *cues):
    return TagValue(name, Message.same(name), cues)


TAXONOMY = Taxonomy(
    categories=(
        Category("网络", cues=(cue("断网", "没信号", "网速"),)),
        Category("网络/宽带", cues=(cue("宽带", "光猫"),)),
        Category("网络/移动", cues=(cue("手机信号", "基站"),)),
        Category("资费", cues=(cue("话费", "扣费", "套餐"), cue("流量不清零"))),
        Category("资费/误扣", cues=(cue("乱扣", "重复扣费"), cue("扣.{0,3}两次", op="matches"))),
        Category("流量", cues=(cue("流量"),)),
    ),
    intents=(value("complaint", cue("投诉", "不满意")), value("enquiry", cue("请问", "咨询")), value("praise", cue("满意", "表扬"))),
    requests=(value("refund", cue("退款", "退一赔三")), value("compensation", cue("赔偿", "退一赔三"))),
    risks=(value("media", cue("记者", op="words", unless_negated=True)), value("legal", cue("起诉"))),
    emotions=(value("calm", cue("请问", "谢谢")), value("annoyed", cue("失望")), value("angry", cue("气愤"))),
)  # fmt: skip
TAGGER = CueTagger(TAXONOMY)
SCANNER = Scanner(TAGGER.checks)


def tags(text, prediction=None):
    reading = Reading(fold(text), segmenter().cut)
    hits = {i: reading.spans(places) for i, places in SCANNER.scan(reading).items()}
    return TAGGER.tags(hits, len(reading.text.folded), prediction)


def said(label, confidence=0.9, abstained=False):
    return Prediction(label, confidence, abstained, ((label, confidence), ("别的", round(1 - confidence, 4))))


def quotes(text, result, key):
    return [text[a:b] for a, b in result.spans[key]]


def test_nothing_found():
    result = tags("今天天气不错")
    assert (result.category, result.abstained, result.confidence) == (None, True, 0.0)
    assert (result.intent, result.emotion, result.requests, result.risks) == (None, None, (), ())
    assert not result.spans


def test_every_phrase_of_a_list_is_a_check_of_its_own():
    assert Check("contains", "断网") in TAGGER.checks
    assert Check("words", ("记者",), True) in TAGGER.checks
    assert len(set(TAGGER.checks)) == len(TAGGER.checks)


def test_category_by_cues_alone_goes_down_to_the_child_that_is_spoken_for():
    text = "家里宽带断网，光猫坏了"
    result = tags(text)
    assert result.category == "网络/宽带"
    assert not result.abstained
    assert quotes(text, result, "category") == ["宽带", "断网", "光猫"]
    assert 0.5 < result.confidence < 1


def test_a_tie_between_children_stays_at_the_parent():
    assert tags("宽带和基站都断网").category == "网络"


def test_a_tie_between_trees_abstains_and_names_both():
    result = tags("断网了，话费也不对")
    assert (result.category, result.abstained) == (None, True)
    assert [name for name, _ in result.alternatives] == ["网络", "资费"]


def test_a_phrase_inside_a_longer_one_doesnt_count():
    text = "流量不清零"
    result = tags(text)
    assert result.category == "资费"
    assert quotes(text, result, "category") == ["流量不清零"]
    assert tags("流量").category == "流量"
    assert tags("服务我不满意").intent == "complaint"  # and not praise, by 满意


def test_an_expression_hides_nothing_and_is_hidden_by_nothing():
    text = "扣套餐两次"
    assert quotes(text, tags(text), "category") == ["扣套餐两次", "套餐"]
    assert tags(text).category == "资费/误扣"


def test_saying_it_again_adds_less_and_less():
    once, twice, ten = (tags("话费" + "，话费" * (n - 1)).confidence for n in (1, 2, 10))
    assert once < twice < ten
    assert ten - twice < 8 * (twice - once)
    assert tags("话费，话费").confidence < tags("话费，套餐").confidence


def test_more_evidence_for_the_same_never_lowers_confidence():
    assert tags("话费").confidence < tags("话费，套餐").confidence < tags("话费，套餐，扣费").confidence


def test_the_models_answer_is_refined_not_overruled():
    assert tags("宽带断网", said("网络")).category == "网络/宽带"
    result = tags("话费乱扣，套餐乱扣费", said("网络"))
    assert (result.category, result.confidence) == ("网络", 0.9)
    assert "category" not in result.spans
    assert tags("话费", said("不在树里")).category == "不在树里"
    assert tags("今天天气不错", said("网络")).category == "网络"


FAR = "今天天气不错，" * 6
"""Says nothing of any category, and puts what follows beyond a letter's opening."""


def test_what_a_letter_opens_with_counts_once_more():
    assert tags("话费").confidence > tags(FAR + "话费").confidence


def test_an_unsure_answer_gives_way_to_overwhelming_cues_only():
    text = "宽带断网，光猫坏了，网速慢，又断网了，宽带没人修"
    assert tags(text, said("资费", 0.41)).category == "网络/宽带"
    assert tags(text, said("资费", 0.9)).category == "资费"
    assert tags(FAR + "断网", said("资费", 0.41)).category == "资费"


def test_where_the_model_abstains_strong_plain_cues_decide():
    unsure = said("资费", 0.4, abstained=True)
    assert tags("宽带断网，光猫坏了，网速慢", unsure).category == "网络/宽带"
    weak = tags(FAR + "断网", unsure)
    assert (weak.category, weak.abstained, weak.confidence) == (None, True, 0.4)
    mixed = tags(FAR + "宽带断网，光猫坏了，话费套餐乱扣", unsure)
    assert (mixed.category, mixed.abstained) == (None, True)
    assert mixed.alternatives == unsure.alternatives


def test_intent_has_most_evidence_and_ties_go_by_precedence():
    assert tags("请问怎么投诉").intent == "complaint"
    assert tags("请问，我想咨询怎么投诉").intent == "enquiry"


def test_requests_and_risks_are_all_that_have_a_cue():
    text = "要求退一赔三，不然我起诉，找记者"
    result = tags(text)
    assert result.requests == ("compensation", "refund")
    assert result.risks == ("legal", "media")
    assert quotes(text, result, "risks:media") == ["记者"]
    assert quotes(text, result, "requests:refund") == ["退一赔三"]
    assert tags("我没有找记者").risks == ()


def test_the_strongest_emotion_counts_alone():
    result = tags("请问，我很失望")
    assert result.emotion == "annoyed"
    assert {k for k in result.spans if k.startswith("emotion")} == {"emotion:annoyed"}
    assert tags("谢谢，非常气愤").emotion == "angry"


@pytest.mark.parametrize("text", ["話費亂扣，寬帶斷網！", "ＡＢＣ宽带宽带断网，请问谢谢气愤投诉"])
def test_spans_quote_the_original(text):
    result = tags(text)
    for places in result.spans.values():
        assert places == tuple(sorted(set(places)))
        for a, b in places:
            assert any(fold(text[a:b]).folded == str(c.operand) for c in TAGGER.checks)


def test_order_of_hits_doesnt_matter():
    reading = Reading(fold("宽带断网，话费乱扣，请问投诉，不满意，气愤，退一赔三"), segmenter().cut)
    hits = {i: reading.spans(p) for i, p in SCANNER.scan(reading).items()}
    backwards = dict(reversed(list(hits.items())))
    assert TAGGER.tags(hits, 30) == TAGGER.tags(backwards, 30)


def _asks(text, *, alone=True):
    """Requests of a small taxonomy with phrases that say nothing, and one cue that counts only alone."""
    quiet = Taxonomy(
        requests=(
            value("refund", cue("退款"), cue("退款流程", "已经退款", weight=0)),
            TagValue("fix", Message.same("fix"), (cue("解决"), Cue(Check("contains_any", ("重视",)), 1, alone), cue("不够重视", weight=0))),
        ),
        risks=(value("legal", cue("起诉")),),
    )
    tagger = CueTagger(quiet)
    reading = Reading(fold(text), segmenter().cut)
    hits = {i: reading.spans(places) for i, places in Scanner(tagger.checks).scan(reading).items()}
    return tagger.tags(hits, len(text))


def test_a_phrase_that_says_nothing_hides_what_lies_inside_it_for_its_value_only():
    assert _asks("退款流程怎么走").requests == ()
    assert _asks("退款流程走完了还不退款").requests == ("refund",)
    assert _asks("已经退款，请解决别的").requests == ("fix",)


def test_a_cue_that_counts_alone_gives_way_to_any_other_of_its_kind():
    assert _asks("请领导重视").requests == ("fix",)
    assert _asks("请领导重视，给我退款").requests == ("refund",)
    assert _asks("请领导重视，不然起诉").requests == ("fix",), "risks are another kind"
    assert _asks("你们不够重视").requests == ()
    assert _asks("请领导重视，给我退款", alone=False).requests == ("fix", "refund")


def test_cues_of_no_weight_alone_name_no_intent():
    tagger = CueTagger(Taxonomy(intents=(value("praise", cue("满意"), cue("不满意", weight=0)),)))
    at = {check.operand: i for i, check in enumerate(tagger.checks)}
    inner, outer = (next(i for operand, i in at.items() if operand in (word, (word,))) for word in ("满意", "不满意"))
    assert tagger.tags({inner: [(1, 3)], outer: [(0, 3)]}, 3).intent is None
    assert tagger.tags({inner: [(1, 3), (5, 7)], outer: [(0, 3)]}, 7).intent == "praise"


def test_an_intent_of_last_resort_never_outweighs_another_and_is_quoted_only_where_it_decides():
    last = Cue(Check("contains_any", ("不", "没", "坏")), 1, alone=True)
    asks = Cue(Check("ends_with", ("吗",)), 3, alone=True)
    tagger = CueTagger(Taxonomy(intents=(value("complaint", cue("投诉"), last), value("enquiry", cue("请问"), asks))))
    scanner = Scanner(tagger.checks)

    def read(text):
        reading = Reading(fold(text), segmenter().cut)
        return tagger.tags({i: reading.spans(places) for i, places in scanner.scan(reading).items()}, len(text))

    assert read("又坏了").intent == "complaint"
    asked = "请问" + "不没坏" * 30
    assert read(asked).intent == "enquiry" and quotes(asked, read(asked), "intent:enquiry") == ["请问"]
    assert quotes("我要投诉，不修", read("我要投诉，不修"), "intent:complaint") == ["投诉"]
    assert read("今天天气好").intent is None


def test_what_nothing_else_speaks_for_has_the_intent_declared_for_that():
    thanks = Cue(Check("contains_any", ("感谢",)), 2, alone=True)
    asks = Cue(Check("contains_any", ("吗",)), 7, alone=True)
    complaint = replace(value("complaint", cue("投诉")), otherwise=True)
    tagger = CueTagger(Taxonomy(intents=(complaint, value("enquiry", cue("请问"), asks), value("praise", cue("表扬"), thanks))))
    scanner = Scanner(tagger.checks)

    def read(text):
        reading = Reading(fold(text), segmenter().cut)
        return tagger.tags({i: reading.spans(places) for i, places in scanner.scan(reading).items()}, len(text))

    said = read("外卖晚了一小时")
    assert said.intent == "complaint" and not said.spans
    assert read("外卖晚了").intent is None and read("外卖又晚了").intent == "complaint"
    assert read("请问外卖晚了找谁").intent == "enquiry"
    # what counts alone has to outweigh it: thanks at the end don't make praise of a letter, thanks at its beginning do
    letter = "路灯从上个月起就不亮了，" * 5
    assert read(letter + "感谢").intent == "complaint" and "intent:complaint" not in read(letter + "感谢").spans
    assert read("感谢师傅，" + letter).intent == "praise"
    assert read(letter + "能修吗").intent == "enquiry" and quotes(letter + "能修吗", read(letter + "能修吗"), "intent:enquiry") == ["吗"]
    # a text alone and in a batch
    texts = [letter, letter + "感谢", "好"]
    readings = [Reading(fold(text), segmenter().cut) for text in texts]
    found = scanner.scan_many(readings, fold_many(texts))
    assert [t.intent for t in tagger.tags_many(found, list(map(len, texts)), [None] * 3)] == ["complaint", "complaint", None]


def test_an_empty_taxonomy():
    tagger = CueTagger(Taxonomy())
    assert tagger.checks == ()
    assert tagger.tags({}, 0).abstained
    assert tagger.tags({}, 0, said("x")).category == "x"
    assert Span(0, 1) == (0, 1)
