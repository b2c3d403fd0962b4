### unreviewed

## Everywhere

page-title = 笔记
language-name = 简体中文
language = 语言
unreviewed = 这份翻译还没有人检查过，有些词可能不对。
exit = 马上离开
exit-hint = “马上离开”会打开一个天气网页。连按三次 Escape 键也一样。
back = 返回
next = 下一步
yes = 是
no = 否
error-no-wasm = 这个浏览器太旧，打不开这个页面。请更新它，或换一个浏览器，比如 Firefox 或 Chrome。
danger = 现在有危险吗？请打 { $number }。
drill = 这只是练习。这里没有人是匿名的。不要写真实的事。
veiled = 页面已被遮住。什么都没有丢。
veiled-open = 重新显示
idle-warning = 有一会儿没人动这个页面了。一分钟后它会自动清空。
idle-stay = 不要清空
cleared = 这个页面已经清空，上面什么都没有了。
reopen = 要重新开始，请再打开一次机构给你的链接。

## Beginning

home-title = 你想做什么？
home-warnings = 看警示
home-lookup = 查号码或名字
home-report = 说出发生的事
home-check = 看看你的报告怎么样了
home-limits = 这个页面做不到的事
home-unsent = 你的报告还在这里。请不要关页面，等它送出去。
home-progress = 你的报告到哪一步了
home-near = 你附近的警示
home-more = 全部警示（{ $count }）
home-draft = 接着写刚才的内容
fetching = 最新的警示正在路上。你现在就可以开始。
fetched = 警示更新到 { $when }。
other-entry = 如果一直这样，请用另一个地址打开页面：{ $address }
invitation-title = 打开你的链接
invitation-label = 机构给你的链接
invitation-hint = 机构给过你一个链接，或一张可以扫的图。请再打开那个链接，或把它粘贴到这里。
invitation-go = 打开链接

## Warnings

warnings-title = 警示
warnings-area = 只看这个地区
warnings-area-hint = 比如 LS2。选择只在你的手机上进行，不会发出去。
warnings-none = 这里现在没有警示。这不等于安全。
warnings-count = { $count ->
   *[other] { $count } 条警示
}
warnings-old = { $count ->
   *[other] 这些警示是 { $count } 天前的，还缺更新的。
}
warnings-damaged = { $count ->
   *[other] 有 { $count } 条警示读不出来。请向机构要一个新链接。
}
warning-area-none = 没有写地区
warning-sent = { $day }发出
warning-until = 有效到 { $day }
warning-words-gone = 内容太久了，这里已经没有。你的机构可以告诉你更多。
warning-exercise = 这是演习，不是警示
warning-test = 这是测试，不用理会。
notice-from = { $desk } 的消息，{ $day }
severity-extreme = 极度危险
severity-severe = 很危险
severity-moderate = 有些危险
severity-minor = 危险较小
severity-unknown = 不知道有多危险
certainty-observed = 已经发生
certainty-likely = 很可能
certainty-possible = 有可能
certainty-unlikely = 不太可能
certainty-unknown = 不知道有多确定
urgency-immediate = 马上行动
urgency-expected = 一小时内行动
urgency-future = 尽快行动
urgency-past = 已经过去
urgency-unknown = 不知道有多急
kind-phone = 电话
kind-email = 电子邮箱
kind-plate = 车牌
kind-name = 名字
kind-handle = 用户名
kind-other = 其他

## Checking a number

lookup-title = 查号码或名字
lookup-label = 电话号码、车牌、名字或用户名
lookup-hint = 由你的手机自己查。没有人知道你在查什么。
lookup-go = 查找
lookup-none = 从 { $day }到现在的警示里什么都没找到。这不等于他可以信任。
lookup-found = { $count ->
   *[other] 有 { $count } 条警示相符。
}
lookup-best = 有 { $count } 条警示相符，这里是最接近的 { $shown } 条。多输入一些，结果就会少一些。
reason-same-number = 号码相同
reason-same-plate = 车牌相同
reason-same-plate-lookalikes = 如果 O 是 0 或 I 是 1，车牌就相同
reason-same-handle = 用户名相同
reason-same-name = 名字相同
reason-same-beginning = 开头相同。其余的请看警示。
reason-number-ends = 号码的结尾是你输入的内容
reason-number-nearly = 号码几乎相同：差一位数字
reason-number-contains = 你输入的是号码的一部分
reason-plate-contains = 你输入的是车牌的一部分
reason-plate-part = 警示里有这个车牌的一部分
reason-plate-nearly = 车牌几乎相同：差一个字母或数字
reason-name-part = 名字有一部分相同
reason-name-nearly = 名字的写法几乎相同
reason-name-sounds = 名字的读音几乎相同
reason-name-part-alike = 名字有一部分看起来或听起来相似
reason-handle-contains = 一个用户名是另一个的一部分
reason-handle-nearly = 用户名的写法几乎相同

## Telling what happened

begin-title = 开始之前
begin-nothing-sent = 在你最后按下“现在发送”之前，什么都不会发出去。
begin-leave-out = 每个问题都可以不答，只有一个要答：发生了什么。
begin-kept = 你写的话不会存在任何地方。如果没发送就关掉页面，这些话就没有了。
begin-quick = 监视你网络的人看得出你停留了多久。先在安全的地方写好，再复制到这里，就不用停留太久。
begin-go = 开始
step = 第 { $now } 个问题，共 { $all } 个
question-narrative = 发生了什么？
hint-narrative = 写多写少都可以，用你自己的话、你自己的语言。
length-left = { $count ->
   *[other] 还能写 { $count } 个字。
}
length-over = { $count ->
   *[other] 多了 { $count } 个字。写短一点才能发送。不会截掉任何内容。
}
question-source = 这件事发生在你身上吗？
source-first-hand = 是的，是我
source-relayed = 不是，是别人告诉我的
source-for-somebody-else = 我是帮助人员，替别人写
question-kinds = 是什么事？
hint-choose = 符合的都可以选。
kinds-rape = 强奸
kinds-sexual-assault = 性侵犯
kinds-assault = 打人或伤人
kinds-robbery = 抢劫
kinds-threats = 威胁
kinds-stalking = 跟踪或骚扰
kinds-condom-removal = 摘掉安全套
kinds-covert-filming = 偷拍
kinds-non-payment = 不给钱
kinds-attempted = 对方想做，但没有做成
kinds-suspicious = 感觉不对劲
question-date = 是哪一天？
question-part-of-day = 是一天里的什么时候？
part-of-day-morning = 早上或上午
part-of-day-afternoon = 下午
part-of-day-evening = 傍晚或晚上
part-of-day-night = 深夜
question-area = 在哪个地区？
hint-area = 邮编的前半部分，比如 LS2，或地区的名字。不要写你的住址。
question-setting = 在什么样的地方？
setting-street = 在街上
setting-indoor = 在室内，我工作的地方
setting-outcall = 在对方那里或酒店
setting-online = 在网上
choose-none = 我不想说
question-people = 你知道做这事的人的哪些情况？
question-people-more = 你知道第 { $number } 个人的哪些情况？
hint-people = 选你知道的。之后只问这些。
add-person = 还有别的人吗？
question-vehicles = 有汽车或别的车吗？你知道哪些情况？
question-vehicles-more = 你知道第 { $number } 辆车的哪些情况？
add-vehicle = 还有别的车吗？
question-harm = 你还想说些什么吗？
person = 第 { $number } 个人
vehicle = 第 { $number } 辆车
names = 对方用的名字
sex = 男、女或其他
age = 年龄
age-from = 至少
age-to = 最多
ethnicity = 族裔
height = 身高
build = 体型
hair = 头发
eyes = 眼睛
marks = 纹身、疤痕或其他记号
accent = 口音或语言
clothing = 衣服
behaviour = 对方的举动
phone = 对方的电话号码
email = 对方的电子邮箱
username = 对方的用户名，在哪个网站
advert = 对方的广告
payment = 对方怎么付钱，或付给谁
registration = 车牌，或其中一部分
make = 品牌
model = 型号
colour = 颜色
features = 可以认出它的地方
occupants = 车里有几个人
weapon = 武器
injuries = 受的伤
medical-help = 医生的帮助
evidence-kept = 留下来作证据的东西
hint-list = 如果有几个，请用逗号隔开。
question-photo = 你有照片要发吗？
hint-photo = 只会发送照片里看得见的内容。发送之前你会先看到它的样子。
photo-camera = 拍照
photo-gallery = 选照片
photo-working = 正在准备照片……
photo-sent-so = 照片会这样发出去。里面有没有能看出你是谁的脸、房间或纸张？
photo-alt = 你的照片，发出去时的样子
photo-size = { $width } × { $height } 像素，{ $size } KB
photo-removed = 已从照片里去掉：
photo-clean = 照片里没有隐藏的东西。
photo-remove = 不发这张
removed-position = 拍照地点
removed-time = 拍照时间
removed-camera = 拍照用的手机或相机
removed-caption = 名称或说明
removed-thumbnail = 裁剪前的小图
removed-xmp = 修图软件留下的记录
removed-comment = 备注
removed-text = 文件里的文字
removed-colour-profile = 颜色配置
removed-trailer = 附在图片后面的东西
removed-other = 其他隐藏的东西
question-own = 什么会让人知道你是谁？
hint-own = 你的手机会在你写的内容里找这些。这些永远不会发出去。
own-names = 你的名字
own-phones = 你的电话号码
own-emails = 你的电子邮箱
own-addresses = 你住的街道或邮编
findings-title = 可能让人知道你是谁的词
findings-none = 没有找到像你的名字、号码或地址的内容。请自己再读一遍。
findings-hint = 划线的词是说你的吗？请去掉。对方的号码或地址应该留着。
finding-phone = 像电话号码
finding-email = 像电子邮箱
finding-address = 像地址
finding-name = 像名字
finding-own = 是你的
finding-line = “{ $text }”{ $why }
take-out = 去掉
put-back = 放回去

## Who may see it

consent-title = 谁可以看？
consent-scheme = 处理报告的小组（{ $desk }）总会看到，但永远不会知道你是谁。
consent-members-alert = 可以用你说的内容提醒其他同行吗？
consent-police = 警方小组（{ $desk }）可以看吗？他们不会知道你是谁。
consent-police-contact = 可以让警方知道怎么联系你吗？
consent-specialist = 本地区的专门小组（{ $desk }）可以看吗？
consent-project = 你的机构（{ $desk }）可以看吗？机构会知道是自己的一名成员写的。
consent-contact = 警方怎么联系你？
hint-contact = 只有警方小组能看到这个。
consent-if-yes = 如果你选“是”：
consent-if-no = 如果你选“否”：
sees-all = { $desk }会看到全部内容，但看不到怎么联系你。
sees-contact = { $desk }会看到全部内容，也会看到怎么联系你。
sees-nothing = { $desk }什么都看不到，也不知道你写过。
sees-none-here = { $role }：这里没有。
members-see = 其他同行可能会收到提醒。
members-see-not = 其他同行不会收到提醒。
relays-see = 路上的电脑什么都看不到，连有没有报告都不知道。
project-knows = 你的机构会知道是自己的一名成员写的。
role-scheme = 处理报告的小组
role-police = 警方小组
role-specialist = 本地区的专门小组
role-project = 你的机构
silent-days = { $count ->
   *[other] 对方已经 { $count } 天没有看报告了。如果很急，请同时用别的方式联系。
}
silent-window = 对方最近几天没有看报告。如果很急，请同时用别的方式联系。
question-reply = 你想要回复吗？
reply-no = 不用
reply-whenever = 想要，有空时再回
reply-soon = 想要，越快越好

## Looking it over

preview-title = 再看一遍
preview-said = 会发出去的就是这些
preview-desks = 谁会看到
preview-change = 修改“{ $what }”
preview-risk = 别人可能查出什么
risk-watch = 如果有人监视所有网络线路，又掌握了记录和警方小组，那么大约每 { $visit } 次能猜中 1 次是谁写的。
risk-stay = 这样的人看得出这个页面开了多久。电脑上的程序可以隐藏这一点。
risk-linked = 如果这里有两份报告被知道是同一个人写的，这样的人就会知道是你。
risk-code = 你会得到一个查询码。谁有它，谁就能证明这是你写的。不要给别人看。
wait-title = 要多久
wait-known = 一半的报告会在 { $half }内到达。几乎所有报告会在 { $most }内到达。
wait-unknown = 现在还没有人知道要多久。可能要几个小时。
wait-urgent = 如果你需要更快找到人，紧急时请打 { $number }，或联系 { $project }，或打 { $scheme } 的求助热线。
span-seconds = { $count ->
   *[other] { $count } 秒
}
span-minutes = { $count ->
   *[other] { $count } 分钟
}
span-hours = { $count ->
   *[other] { $count } 小时
}
span-days = { $count ->
   *[other] { $count } 天
}
send = 现在发送
sending = 正在密封……

## The code

receipt-title = 你的查询码
receipt-why = 有了这个码，你以后可以看报告有没有送到，也可以看回复。它只在现在显示，不会存在任何地方。
receipt-words = 单词形式
receipt-digits = 数字形式
receipt-either = 单词和数字是同一个码，有一种就够了。
receipt-keep = 把它写在没人会看的地方，或背下来。不要截屏。
receipt-next = 我记好了
practise-title = 你记好了吗？
practise-hint = 请输入查询码里的这两个单词。
practise-word = 第 { $number } 个单词
practise-check = 试一试
practise-right = 两个都对。
practise-wrong = 不对。请再看一次查询码。
practise-skip = 不试了，继续
practise-show = 再看一次查询码

## While it waits

waiting-title = 你的报告到哪一步了
waiting-unsent = 你的报告还没有送出去。请不要关页面。一半的报告会在 { $half }内送出，几乎所有的会在 { $most }内送出。
waiting-close = 如果你现在必须关页面，它关闭时还会尽量把报告送出去。
waiting-gone = 你的报告已经送出去了。可以关掉页面。
waiting-later = 过几个小时用查询码再看看。如果过了一天还没有，请再写一次。
waiting-unsure = 不确定你的报告有没有被收下。它不会发送两次，因为两份一样的报告会指向你。请明天用查询码看看。
stage-waiting = 在你的手机上密封
stage-sending = 正在送出
stage-sent = 送出
stage-logged = 进入公开记录
stage-witnessed = 见证者看到
stage-read = 小组读到
stage-answered = 有回复
stage-done = 完成
stage-open = 还没有

## What became of it

check-title = 看看你的报告怎么样了
check-label = 你的查询码
check-hint = 八个单词，或八组数字。
check-go = 查看
check-working = 你的手机正在计算……
check-not-yet = 你的报告还不在记录里。报告会在路上等一等，这样没有人分得清哪份是谁的。过几个小时再看看。如果过了一天还没有，请再发一次。
check-older = 这个页面找不到一周以前的报告。
check-arrived = 你的报告送到了，和你发出时一模一样。
check-old-answered = 你的报告送到了，因为已经有回复。
check-read-by = 看过的有：{ $desks }
check-no-answer = 还没有回复。
answer-from = { $desk } 的回复
check-holder = 谁有你的查询码，谁也能看回复。
check-witnesses = { $count ->
   *[other] 已在你的手机上核对，有 { $count } 个见证者证明，截至 { $when }。
}

## What it cannot do

limits-title = 这个页面做不到的事
limits-visit = 它不能隐藏你打开过它，也不能隐藏你停留了多久。
limits-history = 它不能清除浏览器的历史记录。请用无痕窗口。
limits-server = 如果提供页面的电脑作弊，它保护不了你。
limits-words = 它不能隐藏你写的关于自己的事。
limits-again = 如果你一次又一次地报告，它隐藏不了你。
limits-tor = Tor 浏览器可以隐藏你来过这里。请用它打开你的链接。
limits-client = 电脑上的程序可以隐藏你什么时候报告。请向机构要“brolly”。

## When something goes wrong

error-broken = 页面出了问题。请把你写的话复制到安全的地方，关掉页面，再打开你的链接。
error-memory = 你的手机内存不够。请关掉别的程序，再试一次。
error-loading = 页面没有完全打开。手机联网了吗？请再打开你的链接。
error-invitation-not-a-link = 这不是完整的链接。请从 https:// 开始全部复制。
error-invitation-damaged = 链接少了一部分，或被改动了。请再要一次，或扫那张图。
error-invitation-version = 这个链接要用更新的页面。请问机构页面在哪里。
error-invitation-elsewhere = 这个链接属于另一个地址：{ $first }。
error-invitation-elsewhere-go = 去那里
error-invitation-revoked = 你的链接已经失效。请向机构要一个新的。你写的内容还在这里，什么都没有发出去。
error-not-an-entry = 这台电脑不再参加了。请向机构要一个新链接。什么都没有发出去。
error-relay-away = 页面连不上它的电脑。手机联网了吗？它会自己再试。你写的内容没有丢。
error-relay-busy = 页面后面的电脑现在没有空位。它会自己再试。你写的内容没有丢。
error-clock-wrong = 你手机的时间不对。请调好日期和时间。你写的内容没有丢，什么都没有发出去。
error-directory-stale = 这台电脑说的参加者名单太旧了。请看看你手机的日期对不对。如果是对的，请告诉机构。你写的内容没有丢，什么都没有发出去。
error-clock-off = 你手机的时间不对。方便时请调好日期和时间。
error-directory-refused = 这台电脑说的参加者名单不可信。什么都没有发出去。请告诉机构。
error-log-shrunk = 这台电脑慢了几分钟。页面会自己再试。你写的内容没有丢。
error-log-forked = 这台电脑给不同的人看不同的内容。现在什么都不会发出去。请马上用别的方式告诉机构。
error-incomplete = 页面没能拿到需要的全部内容。它会自己再试。你写的内容没有丢。如果一直这样，请告诉机构。
error-quota = 今天用你机构的链接发送得太多了。页面会自己再试。请告诉机构。
error-not-ready = 页面还缺一些东西。请不要关，它会自己继续。
error-alerts-none = 警示还没有到。请让页面再开一会儿。
error-alerts-damaged = 警示读不出来。请再打开你的链接。
error-logs-none = 记录还没有到。请让页面再开一会儿，然后再试一次。
error-code-count = 查询码有八个单词，或八组四位数字。这个只有 { $count } 个。
error-code-word = 第 { $place } 个词不是查询码里的单词。你是想写“{ $nearest }”吗？
error-code-group = 第 { $place } 组必须在 0000 到 2047 之间。
error-code-checksum = 有一个单词不对。请看看你记下的内容。
error-lookup-nothing = 请输入电话号码、车牌、名字或用户名。
error-lookup-too-long = 太长了。请只输入一个号码、车牌、名字或用户名。
error-silent = 请说说发生了什么。几个字就够了。其他的都可以空着。
error-too-long = { $over ->
   *[other] 全部加起来多了 { $over } 个字。请缩短这里：“{ $what }”。没有截掉任何内容。
}
error-contact-too-long = { $over ->
   *[other] 联系你的方式多了 { $over } 个字。
}
error-no-room-for-photo = { $over ->
   *[other] 你写的话太多，放不下照片。请把这里缩短 { $over } 个字：“{ $what }”。或者不放照片。
}
error-date = 这一天还没有到，或者没有这一天。请另选一天，或空着。
error-number = 请输入 0 到 255 的数字，或空着。
error-no-desk = 这里没有：{ $role }。请在那里选“否”，或检查地区。
error-no-key = { $desk } 这周不能接收报告。请以后再发，或在那里选“否”。
error-outbox-full = 这个页面上等着的报告已经够多了。请不要关，等它们送出去，再发这一份。
error-photo-heic = 这是 HEIC 图片，这个浏览器读不了。请截屏，再发截屏。
error-photo-pdf = 这是 PDF。请打开它，截屏，再发截屏。
error-photo-video = 这是视频。请停在重要的地方，截屏，再发截屏。
error-photo-moving = 这是动图。请截屏，再发截屏。
error-photo-document = 这是文档。请打开它，截屏，再发截屏。
error-photo-unknown = 这不是这里能读的照片。请截屏，再发截屏。
error-photo-damaged = 这张照片坏了。请截屏，再发截屏。
error-photo-too-large = 这张照片太大。请截屏，再发截屏。
error-photo-does-not-fit = 这张照片没法缩得够小。请把话写短一点，或不放照片。
error-photo-hidden = 你的浏览器不让页面看照片。在 Tor 浏览器里，请允许这个页面使用“canvas”。或者不放照片。
part-offenders = 你说的关于人的内容
part-vehicles = 你说的关于车的内容
part-harm = 这件事对你的伤害
