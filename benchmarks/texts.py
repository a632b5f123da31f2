"""Complaints by the thousand: sentences of a small grammar among clauses of random dictionary words; invented and seeded.

The grammar alone has so few words that they would all stay in the processor's cache, and so many cues that no hotline's
texts have as many; the clauses between, of words drawn by frequency from the segmenter's dictionary, mend both.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from random import Random

LABELS = ("城乡建设", "劳动和社会保障", "教育文体", "商贸旅游", "环境保护", "卫生计生", "交通运输")

_SUBJECTS: dict[str, tuple[str, ...]] = {
    "城乡建设": ("{place}的物业公司", "{place}二期的开发商", "我们楼的电梯", "小区门口的路灯", "{place}的违章搭建", "地下车库的排水沟", "老旧小区加装的雨棚", "安置房的交付手续"),
    "劳动和社会保障": ("{place}的一家电子厂", "劳务公司的项目经理{person}", "我父亲的养老保险", "公司人事部", "工地包工头{person}", "社保窗口的工作人员", "失业金的申领", "工伤认定的材料"),
    "教育文体": ("{place}的实验小学", "校外培训机构", "班主任{person}老师", "学校食堂", "幼儿园的延时服务", "学区划片的方案", "驾校的教练{person}", "健身馆的年卡"),
    "商贸旅游": ("{place}的一家家电卖场", "网上买的羽绒服", "旅行社的导游{person}", "景区的讲解服务", "超市的预付卡", "直播间下的订单", "酒店的预订单", "装修公司的合同"),
    "环境保护": ("{place}的化工厂", "楼下的烧烤摊", "河道边的养殖场", "工地的渣土车", "对面的家具喷漆作坊", "垃圾转运站", "广场舞的音响", "变压器的低频噪声"),
    "卫生计生": ("{place}的社区医院", "急诊科的值班医生", "医保的异地报销", "口腔诊所的{person}大夫", "疫苗接种的预约", "住院押金的清单", "药房配的药", "体检中心的报告"),
    "交通运输": ("{place}的公交线路", "出租车司机", "网约车平台", "地铁口的共享单车", "{place}的信号灯", "高速入口的收费站", "客运站的退票窗口", "道路施工的围挡"),
}
_PROBLEMS: dict[str, tuple[str, ...]] = {
    "城乡建设": ("{span}没有人来维修", "墙面渗水越来越严重", "多收了{money}的公摊费", "承诺的绿化至今没有落实", "房产证拖了{span}还没办下来", "消防通道被私家车堵死"),
    "劳动和社会保障": ("拖欠工资{money}不发", "说好的加班费一分没给", "{span}没有给我们缴社保", "让我们签了一份空白合同", "辞退我却不给补偿", "待遇核定的金额算错了"),
    "教育文体": ("突然说要多交{money}的资料费", "退费的事拖了{span}", "孩子吃完饭肚子疼", "体育课经常被占用", "课程缩水还换了老师", "报名条件前后不一致"),
    "商贸旅游": ("收了{money}的定金不肯退", "发来的货和图片完全不一样", "临时加了两个购物点", "保修期内要我自费{money}维修", "客服{span}不回消息", "优惠券到结账时不能用"),
    "环境保护": ("半夜排放刺鼻的气味", "噪音到凌晨两点还不停", "污水直接流进了水沟", "扬尘大得窗户都不敢开", "{span}来反映多次没有改善", "树木被成片砍掉"),
    "卫生计生": ("让我重复做了两次检查", "多扣了{money}的材料费", "排队{span}还看不上医生", "用药之后身上起了红疹", "说系统升级不能报销", "态度生硬不肯解释病情"),
    "交通运输": ("绕路之后多收了{money}", "等了{span}也没有一趟车", "闯红灯还抢行人的道", "半路把乘客赶下车", "路面塌陷一直没有修", "押金{money}退不回来"),
}
_EFFECTS = (
    "家里有老人和小孩，实在没有办法正常生活", "我前后跑了{count}趟，每次都说要等领导签字", "打电话给{person}，对方说这事不归他管", "附近{count}多户居民都有同样的遭遇",
    "为这件事我请了{count}天假，还被扣了奖金", "希望有关部门到现场看一看", "我手里有照片、录音和{money}的转账记录", "在微信群里问了一下，大家都说一直是这样", "{day}我又去了一次，门都没让进",
    "工作人员让我填表，填完以后再也没有消息", "之前在{day}已经登记过，编号是{number}", "电话打到{phone}，始终无人接听", "据说{place}那边去年就处理好了，为什么我们这里不行",
    "我不是故意找麻烦，只想把事情弄清楚", "如果再不处理，我只能找媒体反映", "孩子{count}岁，晚上咳嗽得睡不着", "合同上写得清清楚楚，他们却说以口头为准", "我母亲{count}多岁了，腿脚不方便，来回折腾很吃力",
    "有人说可以走投诉渠道，我才想到写这封信", "听口气像是在推诿，前后说法也不一样",
)  # fmt: skip
_LINKS = ("，而且", "，后来", "，结果", "，同时", "，没想到", "；", "。", "。另外，", "。更让人气愤的是，", "，")
_OPENINGS = ("领导您好，", "尊敬的领导：我是{place}的居民{person}。", "你好，反映一个情况：", "我想投诉，", "您好！{day}，", "", "本人{person}，住{place}，", "求助：")
_ENDS = ("请尽快给个答复，谢谢！", "要求退还{money}并道歉。", "盼复。", "恳请相关单位核实处理。", "我的电话是{phone}。", "希望给老百姓一个说法！！", "望早日解决。", "")
_PLACES = ("明", "桂", "华", "锦", "东", "岭", "石", "湖", "凤", "林", "安", "泉", "麓", "云", "秀", "塘", "梅", "溪", "沙", "金")
_TAILS = ("区", "县", "街道", "小区", "花园", "路", "镇", "社区", "村", "新城")
_NAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
_GIVEN = tuple("伟芳娜敏静丽强磊洋艳勇军杰娟涛超秀霞平刚桂英建华文玉兰")
_SPANS = ("{n}天", "{n}个月", "半年多", "一个多星期", "整整{n}年", "{n}个小时", "两三个月")


@cache
def _dictionary() -> tuple[list[str], list[float]]:
    """Words of jieba's dictionary and their summed frequencies."""
    spec = find_spec("jieba")
    assert spec is not None and spec.submodule_search_locations
    rows = (line.split(" ") for line in (Path(spec.submodule_search_locations[0]) / "dict.txt").read_text("utf-8").splitlines())
    pairs = [(row[0], float(row[1])) for row in rows if int(row[1]) >= 20 and "\u4e00" <= row[0][0] <= "\u9fff"]
    return [word for word, _ in pairs], list(accumulate(frequency for _, frequency in pairs))


class Grammar:
    """An endless supply of complaints; equal seeds give equal texts."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = Random(seed)

    def _fill(self, form: str) -> str:
        rng = self._rng
        while "{" in form:
            a, b = form.index("{"), form.index("}")
            match form[a + 1 : b]:
                case "place":
                    new = rng.choice(_PLACES) + rng.choice(_PLACES) + rng.choice(_TAILS)
                case "person":
                    new = rng.choice(_NAMES) + rng.choice(_GIVEN) + rng.choice((*_GIVEN, "", ""))
                case "money":
                    new = rng.choice((f"{rng.randint(20, 9000)}元", f"{rng.randint(1, 90) / 10}万元", "三百块", f"￥{rng.randint(10, 999)}.50"))
                case "span":
                    new = rng.choice(_SPANS)
                case "n":
                    new = str(rng.randint(2, 9))
                case "count":
                    new = str(rng.randint(2, 80))
                case "day":
                    new = f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日"
                case "number":
                    new = f"2026{rng.randint(10**8, 10**9 - 1)}"
                case _:
                    new = f"0731-{rng.randint(80000000, 89999999)}"
            form = form[:a] + new + form[b + 1 :]
        return form

    def short(self, label: str) -> str:
        """One sentence, some 15 to 45 characters."""
        rng = self._rng
        return self._fill(rng.choice(("", "", "{place}居民反映：", "{day}，", "我是{person}，")) + rng.choice(_SUBJECTS[label]) + rng.choice(_PROBLEMS[label]) + rng.choice(("", "", "，请处理", "，要求退款", "！")))

    def long(self, label: str, mean: int = 400) -> str:
        """Several sentences, about `mean` characters give or take a fifth."""
        rng = self._rng
        target = max(40, int(rng.gauss(mean, mean / 5)))
        text = self._fill(rng.choice(_OPENINGS)) + self.short(label)
        effects = rng.sample(_EFFECTS, len(_EFFECTS))
        while len(text) < target - 12:
            draw = rng.random()
            if draw < 0.7:
                more = self._neutral()
            else:
                more = effects.pop() if effects and draw < 0.9 else rng.choice(_SUBJECTS[label]) + rng.choice(_PROBLEMS[label])
            text += rng.choice(_LINKS) + self._fill(more)
        return text + "。" + self._fill(rng.choice(_ENDS))

    def _neutral(self) -> str:
        """A clause of 10 to 25 characters without sense."""
        words, weights = _dictionary()
        return "".join(self._rng.choices(words, cum_weights=weights, k=self._rng.randint(6, 14)))

    def texts(self, count: int, *, short: bool = False) -> Iterator[tuple[str, str]]:
        """`count` pairs of label and text, labels in turn."""
        for i in range(count):
            label = LABELS[i % len(LABELS)]
            yield label, self.short(label) if short else self.long(label)


def write_dump(path: Path, texts: Iterator[str]) -> None:
    """A CSV as hotlines export it: number, time, text."""
    start = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["工单编号", "受理时间", "投诉内容"])
        for i, text in enumerate(texts):
            out.writerow([f"T{i:07d}", (start + timedelta(minutes=i)).strftime("%Y-%m-%d %H:%M:%S"), text])
