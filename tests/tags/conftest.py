"""Small training texts for the tests of tags, written here."""

from __future__ import annotations

import pytest

TEXTS = {
    "网络": ["宽带断网三天了没人修", "网络信号很差，打电话断断续续", "宽带网速太慢，看视频一直卡", "家里宽带又断网，师傅不来", "手机没有信号，基站坏了吗",
             "网速慢得离谱，宽带升级后更卡", "信号差，电梯里打不了电话", "宽带断了，光猫红灯闪，报修没人来"],
    "资费": ["话费被乱扣了二十元", "套餐资费太贵，要求退费", "莫名其妙扣费，话费对不上", "流量扣费不透明，多扣话费", "套餐到期没提醒，自动扣费",
             "月租扣了两次，要求退还话费", "开通增值业务乱扣费，退费", "资费和宣传的套餐价不一样，多收钱"],
    "服务": ["客服态度恶劣，挂我电话", "营业厅排队两小时，服务态度差", "客服一直推诿，没人解决", "投诉三次客服不回复", "营业员服务态度极差，骂人",
             "客服电话打不通，服务太差", "客服答应回电却没有回复", "营业厅人员推诿，不给办理"],
}  # fmt: skip


@pytest.fixture(scope="session")
def rows() -> tuple[list[str], list[str]]:
    """Texts and labels: three labels with eight texts each."""
    pairs = [(text, label) for label, texts in TEXTS.items() for text in texts]
    return [text for text, _ in pairs], [label for _, label in pairs]


@pytest.fixture(scope="session")
def model_folder(rows, tmp_path_factory):
    """A model trained on `rows`."""
    pytest.importorskip("sklearn")
    from triage.tags.train import train

    folder = tmp_path_factory.mktemp("models") / "small"
    train(*rows, folder)
    return folder
