"""Made-up complaints for the demo and for trying things out: varied, seeded, nobody's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

COLUMNS = ("工单号", "受理时间", "投诉内容", "投诉渠道", "客户等级", "涉诉金额", "月费", "片区", "近90天投诉次数", "上门次数")

OPENERS = (
    "",
    "",
    "",
    "你好，",
    "您好，",
    "喂，",
    "请问一下，",
    "我是老用户了，",
    "用了你们十年，",
    "说个事，",
    "烦死了，",
    "气死我了，",
    "麻烦看一下，",
)
CLOSERS = (
    "", "", "", "请尽快处理。", "麻烦给个说法。", "什么时候能解决？", "要求退费。", "要求赔偿损失！", "希望给我一个答复，谢谢。", "我要投诉！",
    "请给我道歉。", "打了{n}次客服都没人管。", "再不处理我就去工信部投诉。", "再不解决我就找记者曝光！", "已经拖了{n}天了。", "不行我就携号转网。",
    "请把多扣的{money}元退给我。", "谢谢，辛苦了。",
)  # fmt: skip
PLACES = (
    "{region}锦绣小区",
    "{region}老街",
    "{region}幸福里",
    "{region}电子大厦",
    "{region}大学城",
    "{region}人民医院旁边",
    "{region}菜市场",
)
REGIONS = ("城东", "城西", "城南", "城北", "开发区")
CHANNELS = ("热线", "营业厅", "网上", "微信", "上门")
TIERS = ("normal",) * 14 + ("silver",) * 3 + ("vip", "vip", "svip")

MATTERS = (
    # 资费
    "这个月话费账单不对，多扣了{money}元，查了半天没人能说清楚",
    "我没有订购过视频会员，怎么每个月扣我{money}块",
    "套餐没经过我同意就被改成{money}元的了",
    "流量包明明还有，却收了我{money}元套餐外流量费",
    "去了趟国外，回来发现漫游费{big}元，从来没有短信提醒",
    "刚交了{money}元就停机，余额也查不到",
    "充值{money}元没到账，钱却扣了",
    "彩铃业务我早退了，还在扣{money}元",
    "欠费早就交了，你们还说要上征信",
    "孩子拿手机点了几下就扣了{money}元的增值业务",
    # 网络
    "{place}这边从昨天晚上断网到现在，完全上不了网",
    "{place}手机没信号，打电话要跑到楼下",
    "家里网速慢得要命，说是千兆，测速只有{n}0兆",
    "{place}电梯里和地下室一格信号都没有",
    "打电话断断续续，对方听不清，杂音很大",
    "{place}整栋楼都没网，邻居们也一样",
    "晚上八点以后就卡顿，看视频一直转圈",
    "医院这边全断网了，急救电话都受影响，{place}",
    # 装维
    "宽带报修{n}天了，师傅说来一直没来",
    "光猫红灯闪，报修{n}次都没修好",
    "搬家要移机，预约了{n}次都没人上门",
    "装机师傅进门不穿鞋套，还把墙打坏了",
    "新装宽带说没有端口，等了{n}个星期",
    "机顶盒坏了，换一个要收{money}元，合理吗",
    # 服务
    "客服说话阴阳怪气，还挂我电话",
    "营业厅排了一上午队，柜台说系统坏了办不了",
    "转人工永远接不通，一直是机器人客服",
    "你们的人推来推去，一个部门推一个部门",
    "营业厅的小李服务很好，特别感谢，想表扬一下",
    # 营销
    "天天打电话推销套餐，一天{n}个，严重影响休息",
    "推销电话说是免费升级，结果扣了我{money}元，这不是骗人吗",
    "广告短信退订了还在发，回复TD也没用",
    "打电话忽悠老人办了{money}元的套餐，老人根本不懂",
    # 办理
    "想携号转网，一直不给授权码，说有合约",
    "注销一个不用的号码，跑了{n}趟营业厅都不给办",
    "降套餐网上办不了，一定要去营业厅，凭什么",
    "补卡要本人到归属地，人在外地怎么办",
    "请问八元保号套餐怎么办理",
    # 合约
    "合约机买了三个月就黑屏，保修不认",
    "提前解约要{big}元违约金，当初根本没说",
    "办活动说返还话费，半年了一分没返",
    "靓号要求最低消费{money}元，说是终身协议",
    # 安全
    "我接到冒充客服的诈骗电话，被骗走{big}元",
    "名下多了两个不是我办的号，身份证被人冒用了",
    "我的个人信息被泄露了，刚办完业务就有人打电话来，连地址都知道",
    "号码突然被涉诈停机，解释半天没人理",
    # 政务与其他
    "路边的通信井盖坏了，{place}，晚上有人差点摔伤",
    "楼顶的基站什么时候装的，有没有辐射，住户都不知情",
    "建议营业厅周末延长营业时间，上班的人没空去",
    "想咨询一下，老年人有没有优惠套餐",
)
RARE = (
    "师傅走线把电线弄破了，孩子触电受伤，已经送医院",
    "被你们逼得不想活了，今天不解决我就跳楼",
    "我们{place}几十户业主准备联名投诉，集体去营业厅讨个说法",
    "律师函已经寄出，法院见",
    "我已经联系了电视台记者，明天就曝光你们乱扣费",
)
VISITS = ("", "", "", "1", "1", "2", "2", "3", "4")


def sample_rows(count: int = 2000, seed: int = 20260316) -> Iterator[tuple[str, ...]]:
    """`count` complaints as rows under COLUMNS; the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 - made-up texts, not secrets
    start = datetime(2026, 3, 2, 8, 0)
    for number in range(1, count + 1):
        region = random.choice(REGIONS)
        money, big = random.choice((10, 19, 30, 58, 88, 99, 128, 200, 320, 480)), random.choice((600, 1200, 2800, 6000))
        words = {
            "money": money,
            "big": big,
            "n": random.randint(2, 9),
            "region": region,
            "place": random.choice(PLACES).format(region=region),
        }
        matter = random.choice(RARE) if random.random() < 0.01 else random.choice(MATTERS)
        text = (random.choice(OPENERS) + matter + "，" + random.choice(CLOSERS)).format(**words)
        if text.endswith("，"):
            text = text[:-1] + random.choice(("", "。", "！"))
        amount = f"{big if '{big}' in matter else money}元" if "{money}" in matter or "{big}" in matter else ""
        received = start + timedelta(minutes=20 * number + random.randint(0, 15))
        yield (
            f"GD{number:06d}",
            received.strftime("%Y-%m-%d %H:%M"),
            text,
            random.choice(CHANNELS),
            random.choice(TIERS),
            amount,
            f"{random.choice((29, 59, 99, 129, 199))}元",
            region,
            str(random.choice((0, 0, 0, 0, 1, 1, 2, 3, 4))),
            random.choice(VISITS) if any(word in matter for word in ("宽带", "光猫", "装机", "移机", "机顶盒")) else "",
        )


def sample_csv(count: int = 2000, seed: int = 20260316) -> str:
    """The complaints as the text of a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(sample_rows(count, seed))
    return out.getvalue()
