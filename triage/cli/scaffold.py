"""What `triage new` writes: the files of a small pack that passes its own tests, a rule, a test."""

PACK_FILES = {
    "pack.yaml": """\
# 规则包的身份。只有这个文件是必需的，其余各节可以写在任意 .yaml 文件里。
pack:
  id: @ID@
  title: @TITLE@
  version: 0.1.0
  language: 1
  locale: zh-CN
  currency: CNY
  timezone: Asia/Shanghai
  owner: 投诉管理室
@EXTENDS@
# 没有规则决定时用的紧急程度和队列；工单去的每个队列都要在这里声明
defaults: {severity: low, queue: manual-triage}
queues:
  manual-triage: {zh: 人工分派, en: Manual triage}
  after-sales: {zh: 售后组, en: After-sales}
  delivery: {zh: 物流组, en: Delivery}
""",
    "taxonomy.yaml": """\
# 类别树。cues 是提示语：没有训练好的模型时，靠它们判断类别；写客户的原话。
taxonomy:
  categories:
    商品质量:
      title: {zh: 商品质量, en: Product quality}
      cues: [质量差, 坏了, 不能用, 破损, 假货, {contains: 质量, weight: 2}]
    物流配送:
      title: {zh: 物流配送, en: Delivery}
      cues: [快递, 没收到, 送错, 配送, 物流, 迟迟不发货]
""",
    "facts.yaml": """\
# 系统提供的事实：类型、名称，以及它们在数据表里的列名（names）。规则只能用声明过的事实。
facts:
  order.shop: {type: text, title: 店铺, names: [店铺, 店铺名称, shop]}
""",
    "routes.yaml": """\
# 派单表：自上而下，第一行成立的算数；最后一行没有 when，是“其余”。
routes:
  - {when: {tags.abstained: true}, queue: manual-triage}
  - {when: {tags.category: 商品质量}, queue: after-sales}
  - {when: {tags.category: 物流配送}, queue: delivery}
  - {queue: manual-triage}
""",
    "rules/quality.yaml": """\
rules:
  - id: injured-by-product
    title: {zh: 商品伤人, en: Injury by a product}
    when:
      complaint.text: {words: [受伤, 烫伤, 划伤, 爆炸, 着火], unless_negated: true}
    then: {severity: critical, tag: [伤人]}
    because: {zh: 涉及人身伤害，立即处理, en: Somebody may be hurt}
  - id: large-order
    title: {zh: 大额订单, en: Large order}
    when: {tags.category: 商品质量, complaint.amount: {gte: 2000元}}
    then: {severity: high}
    because: {zh: 涉及金额满2000元, en: 2000 yuan or more}
""",
    "tests/quality.yaml": """\
# 测试就在包里：triage test 文件夹
tests:
  - name: 商品爆炸伤人是最高级
    given: {complaint: {text: 充电器突然爆炸，孩子的手被烫伤了}}
    expect: {severity: critical, reasons: [injured-by-product]}
  - name: 没有人受伤不算伤人
    given: {complaint: {text: 杯子碎了，还好没有受伤}}
    expect: {not: {reasons: [injured-by-product]}}
  - name: 大额质量问题是高级
    given: {complaint: {text: 冰箱用了两天就坏了, amount: 3200元}, tags: {category: 商品质量}}
    expect: {severity: high, queue: after-sales, reasons: [large-order]}
""",
    "lexicon.txt": """\
# 分词时要保持完整的词，每行一个，例如商品名
""",
}

RULE = """\
rules:
  - id: @ID@
    title: @TITLE@
    status: draft                 # 草稿不参与决定；改好后删去这一行
    # 条件：几个键是“并且”；any: [...] 是“或者”；not: {...} 是“不”
    when:
      complaint.text: {contains_any: [改成客户会说的话]}
    # 动作：severity low|medium|high|critical，queue，notify，require，tag，escalate……
    then: {severity: medium}
    because: 写给办单人看的理由
"""

TEST = """\
tests:
  - name: @NAME@
    given:
@GIVEN@
    expect:
@EXPECT@
"""
