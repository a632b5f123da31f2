"""Names of figures, tags and verdicts in the reports of an evaluation."""

from __future__ import annotations

from triage.message import Message

FIGURES = {
    "rows": Message("行数", "rows"),
    "accuracy": Message("准确率", "accuracy"),
    "macro_f1": Message("宏平均 F1", "macro F1"),
    "micro_f1": Message("微平均 F1", "micro F1"),
    "coverage": Message("作答比例", "share answered"),
    "accuracy_answered": Message("作答的准确率", "accuracy of the answered"),
    "ece": Message("校准误差 ECE", "calibration error (ECE)"),
    "log_loss": Message("对数损失", "log loss"),
    "brier": Message("Brier 分", "Brier score"),
}
KINDS = {
    "category": Message("类别", "Category"), "intent": Message("意图", "Intent"), "requests": Message("诉求", "Requests"),
    "risks": Message("风险", "Risks"), "emotion": Message("情绪", "Emotion"),
}  # fmt: skip
COMPARED = (
    Message("指标", "figure"), Message("本模型", "this"), Message("另一模型", "other"), Message("差", "difference"), Message("差的 95% 区间", "95% of it"),
)  # fmt: skip
DRIFT = {
    "unknown": Message("不认识的词的比例", "share of unknown words"),
    "words": Message("每条文本的不同词数", "distinct words of a text"),
    "answered": Message("作答比例", "share answered"),
}
VERDICTS = {
    "none": Message("没有漂移的迹象：差异不超过偶然。", "No sign of drift: the differences are what chance gives."),
    "small": Message("有漂移，幅度小：差异超过偶然，暂不影响使用。", "Some drift: beyond chance, but small."),
    "large": Message("漂移明显：差异超过偶然且幅度大，应标注新的投诉并重新训练。", "Clear drift: beyond chance and large; label new complaints and train again."),
}
