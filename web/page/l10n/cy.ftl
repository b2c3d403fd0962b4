### unreviewed

## Everywhere

page-title = Nodiadau
language-name = Cymraeg
language = Iaith
unreviewed = Does neb wedi gwirio’r cyfieithiad hwn eto. Gall rhai geiriau fod yn anghywir.
exit = Gadael nawr
exit-hint = Mae “Gadael nawr” yn agor tudalen dywydd. Mae pwyso Escape dair gwaith yn gwneud yr un peth.
back = Yn ôl
next = Nesaf
yes = Ie
no = Na
error-no-wasm = Mae’r porwr hwn yn rhy hen i’r dudalen hon. Diweddarwch ef, neu defnyddiwch borwr arall fel Firefox neu Chrome.
danger = Mewn perygl nawr? Ffoniwch { $number }.
drill = Dim ond ymarfer yw hyn. Does neb yn ddienw yma. Peidiwch ag ysgrifennu dim sy’n wir.
veiled = Mae’r dudalen wedi’i gorchuddio. Does dim wedi’i golli.
veiled-open = Ei dangos eto
idle-warning = Does neb wedi cyffwrdd â dim ers tro. Bydd y dudalen hon yn ei chlirio ei hun ymhen munud.
idle-stay = Peidio â’i chlirio
cleared = Cafodd y dudalen hon ei chlirio. Does dim ar ôl arni.
reopen = I ddechrau eto, agorwch y ddolen gan eich prosiect unwaith eto.

## Beginning

home-title = Beth hoffech chi ei wneud?
home-warnings = Darllen rhybuddion
home-lookup = Gwirio rhif neu enw
home-report = Dweud beth ddigwyddodd
home-check = Gweld beth ddaeth o’ch adroddiad
home-limits = Beth na all y dudalen hon ei wneud
home-unsent = Mae eich adroddiad yma o hyd. Cadwch y dudalen hon ar agor nes iddo fynd.
home-progress = Pa mor bell mae eich adroddiad wedi mynd
home-near = Rhybuddion yn eich ardal
home-more = Pob rhybudd ({ $count })
home-draft = Mynd ymlaen â’r hyn roeddech chi’n ei ysgrifennu
fetching = Mae’r rhybuddion diweddaraf ar eu ffordd. Gallwch ddechrau’n barod.
fetched = Rhybuddion hyd at { $when }.
other-entry = Os yw hyn yn para, agorwch y dudalen mewn cyfeiriad arall: { $address }
invitation-title = Agorwch eich dolen
invitation-label = Dolen eich prosiect
invitation-hint = Cawsoch ddolen gan eich prosiect, neu lun i’w sganio. Agorwch y ddolen honno eto, neu gludwch hi yma.
invitation-go = Agor y ddolen

## Warnings

warnings-title = Rhybuddion
warnings-area = Dim ond ar gyfer yr ardal hon
warnings-area-hint = Er enghraifft LS2. Ar eich ffôn mae’r dewis yn digwydd, a dydy e ddim yn cael ei anfon.
warnings-none = Does dim rhybudd yma nawr. Dydy hynny ddim yn golygu ei bod hi’n ddiogel.
warnings-count = { $count ->
    [zero] { $count } rhybudd
    [one] { $count } rhybudd
    [two] { $count } rybudd
    [few] { $count } rhybudd
    [many] { $count } rhybudd
   *[other] { $count } rhybudd
}
warnings-old = { $count ->
    [zero] Mae’r rhybuddion hyn yn { $count } diwrnod oed. Mae rhai mwy newydd ar goll.
    [one] Mae’r rhybuddion hyn yn { $count } diwrnod oed. Mae rhai mwy newydd ar goll.
    [two] Mae’r rhybuddion hyn yn { $count } ddiwrnod oed. Mae rhai mwy newydd ar goll.
    [few] Mae’r rhybuddion hyn yn { $count } diwrnod oed. Mae rhai mwy newydd ar goll.
    [many] Mae’r rhybuddion hyn yn { $count } diwrnod oed. Mae rhai mwy newydd ar goll.
   *[other] Mae’r rhybuddion hyn yn { $count } diwrnod oed. Mae rhai mwy newydd ar goll.
}
warnings-damaged = { $count ->
    [zero] Doedd dim modd darllen { $count } rhybudd. Gofynnwch i’ch prosiect am ddolen newydd.
    [one] Doedd dim modd darllen { $count } rhybudd. Gofynnwch i’ch prosiect am ddolen newydd.
    [two] Doedd dim modd darllen { $count } rybudd. Gofynnwch i’ch prosiect am ddolen newydd.
    [few] Doedd dim modd darllen { $count } rhybudd. Gofynnwch i’ch prosiect am ddolen newydd.
    [many] Doedd dim modd darllen { $count } rhybudd. Gofynnwch i’ch prosiect am ddolen newydd.
   *[other] Doedd dim modd darllen { $count } rhybudd. Gofynnwch i’ch prosiect am ddolen newydd.
}
warning-area-none = Dim ardal wedi’i rhoi
warning-sent = Anfonwyd ar { $day }
warning-until = Yn ddilys tan { $day }
warning-words-gone = Mae’r geiriau’n rhy hen i fod yma. Gall eich prosiect ddweud mwy wrthych.
warning-exercise = Ymarfer, nid rhybudd
warning-test = Prawf. Peidiwch â chymryd sylw.
notice-from = Newyddion gan { $desk }, { $day }
severity-extreme = Perygl eithafol
severity-severe = Perygl mawr
severity-moderate = Rhywfaint o berygl
severity-minor = Ychydig o berygl
severity-unknown = Does neb yn gwybod pa mor beryglus
certainty-observed = fe ddigwyddodd
certainty-likely = tebygol
certainty-possible = posibl
certainty-unlikely = annhebygol
certainty-unknown = does neb yn gwybod pa mor sicr
urgency-immediate = gweithredwch ar unwaith
urgency-expected = gweithredwch o fewn yr awr
urgency-future = gweithredwch yn fuan
urgency-past = ar ben
urgency-unknown = does neb yn gwybod pa mor fuan
kind-phone = Ffôn
kind-email = E-bost
kind-plate = Plât rhif
kind-name = Enw
kind-handle = Enw defnyddiwr
kind-other = Arall

## Checking a number

lookup-title = Gwirio rhif neu enw
lookup-label = Rhif ffôn, plât rhif, enw neu enw defnyddiwr
lookup-hint = Eich ffôn ei hun sy’n chwilio. Does neb yn cael gwybod am beth rydych chi’n chwilio.
lookup-go = Chwilio
lookup-none = Doedd dim byd yn y rhybuddion ers { $day }. Dydy hynny ddim yn golygu ei fod yn ddiogel.
lookup-found = { $count ->
    [zero] Mae { $count } rhybudd yn cyfateb.
    [one] Mae { $count } rhybudd yn cyfateb.
    [two] Mae { $count } rybudd yn cyfateb.
    [few] Mae { $count } rhybudd yn cyfateb.
    [many] Mae { $count } rhybudd yn cyfateb.
   *[other] Mae { $count } rhybudd yn cyfateb.
}
lookup-best = Mae { $count } o rybuddion yn cyfateb. Dyma’r { $shown } gorau. Teipiwch fwy i weld llai.
reason-same-number = Yr un rhif
reason-same-plate = Yr un plât rhif
reason-same-plate-lookalikes = Yr un plât rhif, os yw O yn 0 neu I yn 1
reason-same-handle = Yr un enw defnyddiwr
reason-same-name = Yr un enw
reason-same-beginning = Yr un dechrau. Darllenwch y rhybudd am y gweddill.
reason-number-ends = Mae’r rhif yn gorffen gyda’r hyn a deipioch chi
reason-number-nearly = Bron yr un rhif: mae un digid yn wahanol
reason-number-contains = Mae’r hyn a deipioch chi yn rhan o’r rhif
reason-plate-contains = Mae’r hyn a deipioch chi yn rhan o’r plât rhif
reason-plate-part = Mae rhan o’r plât rhif hwn yn y rhybudd
reason-plate-nearly = Bron yr un plât rhif: mae un llythyren neu ddigid yn wahanol
reason-name-part = Mae rhan o’r enw yr un fath
reason-name-nearly = Mae’r enw’n cael ei sillafu bron yr un fath
reason-name-sounds = Mae’r enw’n swnio bron yr un fath
reason-name-part-alike = Mae rhan o’r enw’n edrych neu’n swnio’n debyg
reason-handle-contains = Mae un enw defnyddiwr yn rhan o’r llall
reason-handle-nearly = Mae’r enw defnyddiwr yn cael ei sillafu bron yr un fath

## Telling what happened

begin-title = Cyn dechrau
begin-nothing-sent = Does dim yn cael ei anfon nes i chi bwyso “Anfon nawr” ar y diwedd.
begin-leave-out = Gallwch adael pob cwestiwn allan ond un: beth ddigwyddodd.
begin-kept = Dydy eich geiriau ddim yn cael eu cadw yn unman. Os byddwch chi’n cau’r dudalen hon cyn anfon, byddan nhw wedi mynd.
begin-quick = Gall rhywun sy’n gwylio eich cysylltiad weld am faint rydych chi’n aros. Ysgrifennwch y cyfan yn rhywle diogel yn gyntaf, a’i gopïo yma. Wedyn does dim rhaid i chi aros yn hir.
begin-go = Dechrau
step = Cwestiwn { $now } o { $all }
question-narrative = Beth ddigwyddodd?
hint-narrative = Ysgrifennwch gymaint neu gyn lleied ag y mynnwch, yn eich geiriau a’ch iaith eich hun.
length-left = { $count ->
    [zero] Lle i { $count } llythyren arall.
    [one] Lle i { $count } llythyren arall.
    [two] Lle i { $count } lythyren arall.
    [few] Lle i { $count } llythyren arall.
    [many] Lle i { $count } llythyren arall.
   *[other] Lle i { $count } llythyren arall.
}
length-over = { $count ->
    [zero] { $count } llythyren yn ormod. Rhaid ei wneud yn fyrrach cyn ei anfon. Does dim yn cael ei dorri i ffwrdd.
    [one] { $count } llythyren yn ormod. Rhaid ei wneud yn fyrrach cyn ei anfon. Does dim yn cael ei dorri i ffwrdd.
    [two] { $count } lythyren yn ormod. Rhaid ei wneud yn fyrrach cyn ei anfon. Does dim yn cael ei dorri i ffwrdd.
    [few] { $count } llythyren yn ormod. Rhaid ei wneud yn fyrrach cyn ei anfon. Does dim yn cael ei dorri i ffwrdd.
    [many] { $count } llythyren yn ormod. Rhaid ei wneud yn fyrrach cyn ei anfon. Does dim yn cael ei dorri i ffwrdd.
   *[other] { $count } llythyren yn ormod. Rhaid ei wneud yn fyrrach cyn ei anfon. Does dim yn cael ei dorri i ffwrdd.
}
question-source = A ddigwyddodd hyn i chi?
source-first-hand = Do, i mi
source-relayed = Naddo, rhywun arall ddywedodd wrthyf
source-for-somebody-else = Gweithiwr cymorth ydw i, yn ysgrifennu dros rywun
question-kinds = Beth oedd hyn?
hint-choose = Dewiswch bopeth sy’n wir.
kinds-rape = Treisio
kinds-sexual-assault = Ymosodiad rhywiol
kinds-assault = Taro neu anafu
kinds-robbery = Lladrad
kinds-threats = Bygythiadau
kinds-stalking = Stelcio
kinds-condom-removal = Tynnu’r condom
kinds-covert-filming = Ffilmio’n gudd
kinds-non-payment = Peidio â thalu
kinds-attempted = Fe wnaethon nhw geisio, ond ddigwyddodd dim
kinds-suspicious = Doedd rhywbeth ddim yn teimlo’n iawn
question-date = Ar ba ddiwrnod?
question-part-of-day = Ar ba adeg o’r dydd?
part-of-day-morning = Yn y bore
part-of-day-afternoon = Yn y prynhawn
part-of-day-evening = Gyda’r nos
part-of-day-night = Yn ystod y nos
question-area = Ym mha ardal?
hint-area = Hanner cyntaf y cod post, fel LS2, neu enw’r ardal. Nid eich cyfeiriad.
question-setting = Mewn pa fath o le?
setting-street = Ar y stryd
setting-indoor = Dan do, lle rydw i’n gweithio
setting-outcall = Yn ei gartref ef neu mewn gwesty
setting-online = Ar-lein
choose-none = Byddai’n well gen i beidio â dweud
question-people = Beth rydych chi’n ei wybod am bwy wnaeth hyn?
question-people-more = Beth rydych chi’n ei wybod am berson { $number }?
hint-people = Dewiswch beth rydych chi’n ei wybod. Wedyn dim ond am hynny y cewch eich holi.
add-person = Oedd person arall yno?
question-vehicles = Oedd car neu gerbyd arall yno? Beth rydych chi’n ei wybod amdano?
question-vehicles-more = Beth rydych chi’n ei wybod am gerbyd { $number }?
add-vehicle = Oedd cerbyd arall yno?
question-harm = Hoffech chi ddweud mwy?
person = Person { $number }
vehicle = Cerbyd { $number }
names = Enwau roedden nhw’n eu defnyddio
sex = Dyn, menyw neu arall
age = Oed
age-from = O leiaf
age-to = Dim mwy na
ethnicity = Grŵp ethnig
height = Taldra
build = Corffolaeth
hair = Gwallt
eyes = Llygaid
marks = Tatŵs, creithiau neu farciau eraill
accent = Acen neu iaith
clothing = Dillad
behaviour = Sut roedden nhw’n ymddwyn
phone = Eu rhif ffôn
email = Eu cyfeiriad e-bost
username = Eu henw defnyddiwr, ac ar ba safle
advert = Eu hysbyseb
payment = Sut roedden nhw’n talu, neu i bwy
registration = Plât rhif, neu ran ohono
make = Gwneuthuriad
model = Model
colour = Lliw
features = Unrhyw beth i’w adnabod
occupants = Faint o bobl oedd ynddo
weapon = Arf
injuries = Anafiadau
medical-help = Help gan feddyg
evidence-kept = Pethau sydd wedi’u cadw fel prawf
hint-list = Os oes sawl un, rhowch goma rhyngddyn nhw.
question-photo = Oes gennych chi lun i’w anfon?
hint-photo = Dim ond yr hyn sydd i’w weld ynddo sy’n cael ei anfon. Byddwch chi’n ei weld yn gyntaf, yn union fel y bydd yn mynd.
photo-camera = Tynnu llun
photo-gallery = Dewis llun
photo-working = Mae’r llun yn cael ei baratoi…
photo-sent-so = Fel hyn mae’n cael ei anfon. Oes wyneb, ystafell neu bapur ynddo sy’n dweud pwy ydych chi?
photo-alt = Eich llun, fel y bydd yn cael ei anfon
photo-size = { $width } wrth { $height } o ddotiau, { $size } KB
photo-removed = Wedi’i dynnu ohono:
photo-clean = Doedd dim byd cudd ynddo.
photo-remove = Peidio â’i anfon
removed-position = ble cafodd ei dynnu
removed-time = pryd cafodd ei dynnu
removed-camera = pa ffôn neu gamera a’i tynnodd
removed-caption = enw neu bennawd
removed-thumbnail = copi bach o’r adeg cyn iddo gael ei docio
removed-xmp = nodiadau’r rhaglen a’i newidiodd
removed-comment = sylw
removed-text = testun yn y ffeil
removed-colour-profile = proffil lliw
removed-trailer = rhywbeth y tu ôl i’r llun
removed-other = pethau cudd eraill
question-own = Beth allai ddweud pwy ydych chi?
hint-own = Yna mae eich ffôn yn chwilio amdano yn eich geiriau. Dydy hyn byth yn cael ei anfon.
own-names = Eich enwau
own-phones = Eich rhifau ffôn
own-emails = Eich cyfeiriadau e-bost
own-addresses = Eich stryd neu eich cod post
findings-title = Geiriau a allai ddweud pwy ydych chi
findings-none = Does dim yma sy’n edrych fel eich enw, eich rhif neu eich cyfeiriad. Darllenwch y cyfan eich hun unwaith eto.
findings-hint = Oes gair wedi’i danlinellu sy’n sôn amdanoch chi? Tynnwch ef allan. Dylai ei rif neu ei gyfeiriad ef aros.
finding-phone = yn edrych fel rhif ffôn
finding-email = yn edrych fel cyfeiriad e-bost
finding-address = yn edrych fel cyfeiriad
finding-name = yn edrych fel enw
finding-own = yn perthyn i chi
finding-line = Mae “{ $text }” { $why }
take-out = Ei dynnu allan
put-back = Ei roi yn ôl

## Who may see it

consent-title = Pwy gaiff ei weld?
consent-scheme = Mae’r tîm sy’n gofalu am adroddiadau ({ $desk }) bob amser yn ei weld. Dydyn nhw byth yn cael gwybod pwy ydych chi.
consent-members-alert = A gaiff gweithwyr eraill eu rhybuddio gyda’r hyn a ddywedoch chi?
consent-police = A gaiff tîm yr heddlu ({ $desk }) ei ddarllen? Dydyn nhw ddim yn cael gwybod pwy ydych chi.
consent-police-contact = A gaiff yr heddlu wybod sut i gysylltu â chi?
consent-specialist = A gaiff y tîm arbennig ar gyfer yr ardal ({ $desk }) ei ddarllen?
consent-project = A gaiff eich prosiect ({ $desk }) ei ddarllen? Bydd yn gwybod mai un o’i aelodau a’i hysgrifennodd.
consent-contact = Sut gall yr heddlu gysylltu â chi?
hint-contact = Dim ond tîm yr heddlu sy’n gallu darllen hyn.
consent-if-yes = Os dywedwch chi ie:
consent-if-no = Os dywedwch chi na:
sees-all = { $desk }: yn gweld y cyfan, ond nid sut i gysylltu â chi.
sees-contact = { $desk }: yn gweld y cyfan, a sut i gysylltu â chi.
sees-nothing = { $desk }: ddim yn gweld dim, a ddim yn gallu dweud eich bod chi wedi ysgrifennu.
sees-none-here = { $role }: does dim un yma.
members-see = Gall gweithwyr eraill gael eu rhybuddio.
members-see-not = Dydy gweithwyr eraill ddim yn cael eu rhybuddio.
relays-see = Dydy’r cyfrifiaduron ar y ffordd yn gweld dim ohono, ddim hyd yn oed bod adroddiad.
project-knows = Bydd eich prosiect yn gwybod mai un o’i aelodau a’i hysgrifennodd.
role-scheme = Y tîm sy’n gofalu am adroddiadau
role-police = Tîm yr heddlu
role-specialist = Y tîm arbennig ar gyfer yr ardal
role-project = Eich prosiect
silent-days = { $count ->
    [zero] Dydyn nhw ddim wedi darllen adroddiadau ers { $count } diwrnod. Os yw’n frys, cysylltwch â nhw mewn ffordd arall hefyd.
    [one] Dydyn nhw ddim wedi darllen adroddiadau ers { $count } diwrnod. Os yw’n frys, cysylltwch â nhw mewn ffordd arall hefyd.
    [two] Dydyn nhw ddim wedi darllen adroddiadau ers { $count } ddiwrnod. Os yw’n frys, cysylltwch â nhw mewn ffordd arall hefyd.
    [few] Dydyn nhw ddim wedi darllen adroddiadau ers { $count } diwrnod. Os yw’n frys, cysylltwch â nhw mewn ffordd arall hefyd.
    [many] Dydyn nhw ddim wedi darllen adroddiadau ers { $count } diwrnod. Os yw’n frys, cysylltwch â nhw mewn ffordd arall hefyd.
   *[other] Dydyn nhw ddim wedi darllen adroddiadau ers { $count } diwrnod. Os yw’n frys, cysylltwch â nhw mewn ffordd arall hefyd.
}
silent-window = Dydyn nhw ddim wedi darllen adroddiadau yn y dyddiau diwethaf. Os yw’n frys, cysylltwch â nhw mewn ffordd arall hefyd.
question-reply = Hoffech chi gael ateb?
reply-no = Na
reply-whenever = Hoffwn, pan fydd amser
reply-soon = Hoffwn, cyn gynted ag y gall rhywun

## Looking it over

preview-title = Edrychwch drosto
preview-said = Dyma’r cyfan sy’n cael ei anfon
preview-desks = Pwy fydd yn ei weld
preview-change = Newid “{ $what }”
preview-risk = Beth allai rhywun ei ddarganfod
risk-watch = Byddai rhywun sy’n gwylio pob llinell ffôn, ac sydd â’r cofnod a thîm yr heddlu yn ei ddwylo, yn dyfalu’n gywir pwy ysgrifennodd hyn tuag unwaith o bob { $visit }.
risk-stay = Gallan nhw weld am faint mae’r dudalen hon ar agor. Mae’r rhaglen i gyfrifiadur yn cuddio hynny.
risk-linked = Os yw’n hysbys bod dau adroddiad yma gan yr un person, bydden nhw’n gwybod mai chi yw’r person hwnnw.
risk-code = Rydych chi’n cael cod. Gall pwy bynnag sydd â’r cod ddangos mai chi ysgrifennodd hyn. Cadwch ef i chi’ch hun.
wait-title = Faint o amser mae’n ei gymryd
wait-known = Mae hanner yr holl adroddiadau’n cyrraedd o fewn { $half }. Mae bron pob un yn cyrraedd o fewn { $most }.
wait-unknown = All neb ddweud eto faint o amser mae’n ei gymryd. Gall fod yn oriau.
wait-urgent = Os oes angen rhywun arnoch chi’n gynt, ffoniwch { $number } mewn argyfwng, neu { $project }, neu linell gymorth { $scheme }.
span-seconds = { $count ->
    [zero] { $count } eiliad
    [one] { $count } eiliad
    [two] { $count } eiliad
    [few] { $count } eiliad
    [many] { $count } eiliad
   *[other] { $count } eiliad
}
span-minutes = { $count ->
    [zero] { $count } munud
    [one] { $count } munud
    [two] { $count } funud
    [few] { $count } munud
    [many] { $count } munud
   *[other] { $count } munud
}
span-hours = { $count ->
    [zero] { $count } awr
    [one] { $count } awr
    [two] { $count } awr
    [few] { $count } awr
    [many] { $count } awr
   *[other] { $count } awr
}
span-days = { $count ->
    [zero] { $count } diwrnod
    [one] { $count } diwrnod
    [two] { $count } ddiwrnod
    [few] { $count } diwrnod
    [many] { $count } diwrnod
   *[other] { $count } diwrnod
}
send = Anfon nawr
sending = Mae’n cael ei selio…

## The code

receipt-title = Eich cod
receipt-why = Gyda’r cod hwn gallwch weld yn nes ymlaen a gyrhaeddodd eich adroddiad, a darllen atebion. Dim ond nawr mae’n cael ei ddangos, a dydy e ddim yn cael ei gadw yn unman.
receipt-words = Fel geiriau
receipt-digits = Fel rhifau
receipt-either = Yr un cod yw’r geiriau a’r rhifau. Mae un ohonyn nhw’n ddigon.
receipt-keep = Ysgrifennwch ef lle does neb yn edrych, neu dysgwch ef ar eich cof. Peidiwch â thynnu sgrinlun.
receipt-next = Mae’r cod gen i
practise-title = Ydy’r cod gennych chi?
practise-hint = Teipiwch y ddau air hyn o’ch cod.
practise-word = Gair { $number }
practise-check = Rhoi cynnig arni
practise-right = Mae’r ddau’n gywir.
practise-wrong = Dydy hynny ddim yn gywir. Edrychwch ar y cod unwaith eto.
practise-skip = Mynd ymlaen heb roi cynnig arni
practise-show = Dangos y cod eto

## While it waits

waiting-title = Pa mor bell mae eich adroddiad wedi mynd
waiting-unsent = Dydy eich adroddiad ddim wedi mynd eto. Cadwch y dudalen hon ar agor. Mae hanner yn mynd o fewn { $half }, bron pob un o fewn { $most }.
waiting-close = Os oes rhaid i chi gau’r dudalen nawr, mae’n dal i geisio anfon eich adroddiad wrth gau.
waiting-gone = Mae eich adroddiad wedi mynd. Gallwch gau’r dudalen hon.
waiting-later = Edrychwch eto gyda’ch cod mewn ychydig oriau. Os nad yw yno ar ôl diwrnod, ysgrifennwch ef unwaith eto.
waiting-unsure = Dydy hi ddim yn sicr bod eich adroddiad wedi’i dderbyn. Dydy e ddim yn cael ei anfon ddwywaith, achos byddai dau sydd yr un fath yn pwyntio atoch chi. Edrychwch gyda’ch cod yfory.
stage-waiting = Wedi’i selio ar eich ffôn
stage-sending = Yn gadael
stage-sent = Wedi’i anfon
stage-logged = Yn y cofnod cyhoeddus
stage-witnessed = Wedi’i weld gan dystion
stage-read = Wedi’i ddarllen gan y tîm
stage-answered = Wedi’i ateb
stage-done = wedi’i wneud
stage-open = dim eto

## What became of it

check-title = Gweld beth ddaeth o’ch adroddiad
check-label = Eich cod
check-hint = Wyth gair, neu wyth grŵp o rifau.
check-go = Edrych
check-working = Mae eich ffôn yn ei weithio allan…
check-not-yet = Dydy eich adroddiad ddim yn y cofnod eto. Mae adroddiadau’n aros ar y ffordd, fel na all neb ddweud pwy biau pa un. Edrychwch eto mewn ychydig oriau. Os nad yw yno ar ôl diwrnod, anfonwch ef eto.
check-older = Does dim modd dod o hyd i adroddiadau sy’n hŷn nag wythnos ar y dudalen hon.
check-arrived = Cyrhaeddodd eich adroddiad, yn union fel yr anfonoch chi ef.
check-old-answered = Cyrhaeddodd eich adroddiad, achos cafodd ei ateb.
check-read-by = Wedi’i ddarllen gan: { $desks }
check-no-answer = Does dim ateb eto.
answer-from = Ateb gan { $desk }
check-holder = Gall pwy bynnag sydd â’ch cod ddarllen yr atebion hefyd.
check-witnesses = { $count ->
    [zero] Wedi’i wirio ar eich ffôn, gyda gair { $count } tyst, hyd at { $when }.
    [one] Wedi’i wirio ar eich ffôn, gyda gair { $count } tyst, hyd at { $when }.
    [two] Wedi’i wirio ar eich ffôn, gyda gair { $count } dyst, hyd at { $when }.
    [few] Wedi’i wirio ar eich ffôn, gyda gair { $count } thyst, hyd at { $when }.
    [many] Wedi’i wirio ar eich ffôn, gyda gair { $count } thyst, hyd at { $when }.
   *[other] Wedi’i wirio ar eich ffôn, gyda gair { $count } tyst, hyd at { $when }.
}

## What it cannot do

limits-title = Beth na all y dudalen hon ei wneud
limits-visit = All hi ddim cuddio eich bod wedi’i hagor, nac am faint rydych chi’n aros.
limits-history = All hi ddim clirio hanes eich porwr. Defnyddiwch ffenestr breifat.
limits-server = All hi ddim eich amddiffyn rhag y cyfrifiadur sy’n ei rhoi i chi, os yw hwnnw’n twyllo.
limits-words = All hi ddim cuddio’r hyn rydych chi’n ei ysgrifennu amdanoch eich hun.
limits-again = All hi ddim eich cuddio os ydych chi’n adrodd dro ar ôl tro.
limits-tor = Mae Tor Browser yn cuddio eich bod wedi bod yma. Agorwch eich dolen ynddo.
limits-client = Mae’r rhaglen i gyfrifiadur yn cuddio pryd rydych chi’n adrodd. Gofynnwch i’ch prosiect am “brolly”.

## When something goes wrong

error-broken = Torrodd y dudalen hon. Copïwch eich geiriau i le diogel, caewch y dudalen ac agorwch eich dolen eto.
error-memory = Does gan eich ffôn ddim digon o gof rhydd. Caewch raglenni eraill a rhowch gynnig arall arni.
error-loading = Doedd dim modd llwytho’r dudalen yn gyfan. Ydy eich ffôn ar-lein? Agorwch eich dolen eto.
error-invitation-not-a-link = Dydy hon ddim yn ddolen gyfan. Copïwch hi i gyd, o https:// ymlaen.
error-invitation-damaged = Mae rhan o’r ddolen ar goll neu wedi newid. Gofynnwch amdani eto, neu sganiwch y llun.
error-invitation-version = Mae’r ddolen hon ar gyfer tudalen fwy newydd. Gofynnwch i’ch prosiect ble mae hi.
error-invitation-elsewhere = Mae’r ddolen hon yn perthyn i gyfeiriad arall: { $first }.
error-invitation-elsewhere-go = Mynd yno
error-invitation-revoked = Dydy eich dolen ddim yn gweithio mwyach. Gofynnwch i’ch prosiect am un newydd. Mae’r hyn a ysgrifennoch chi yma o hyd, a chafodd dim ei anfon.
error-not-an-entry = Dydy’r cyfrifiadur hwn ddim yn cymryd rhan mwyach. Gofynnwch i’ch prosiect am ddolen newydd. Chafodd dim ei anfon.
error-relay-away = All y dudalen ddim cyrraedd ei chyfrifiadur. Ydy eich ffôn ar-lein? Mae’n ceisio eto ei hun. Does dim a ysgrifennoch chi wedi’i golli.
error-relay-busy = Does gan y cyfrifiadur y tu ôl i’r dudalen hon ddim lle ar hyn o bryd. Mae’n ceisio eto ei hun. Does dim a ysgrifennoch chi wedi’i golli.
error-clock-wrong = Mae cloc eich ffôn yn anghywir. Gosodwch y dyddiad a’r amser. Does dim a ysgrifennoch chi wedi’i golli, a chafodd dim ei anfon.
error-directory-stale = Mae’r hyn mae’r cyfrifiadur hwn yn ei ddweud am bwy sy’n cymryd rhan yn rhy hen. Edrychwch ar y dyddiad ar eich ffôn: ydy e’n gywir? Os ydy, dywedwch wrth eich prosiect. Does dim a ysgrifennoch chi wedi’i golli, a chafodd dim ei anfon.
error-clock-off = Mae cloc eich ffôn yn anghywir. Gosodwch y dyddiad a’r amser pan allwch chi.
error-directory-refused = Does dim modd ymddiried yn yr hyn mae’r cyfrifiadur hwn yn ei ddweud am bwy sy’n cymryd rhan. Chafodd dim ei anfon. Dywedwch wrth eich prosiect.
error-log-shrunk = Mae’r cyfrifiadur hwn rai munudau ar ei hôl hi. Mae’r dudalen yn ceisio eto ei hun. Does dim a ysgrifennoch chi wedi’i golli.
error-log-forked = Mae’r cyfrifiadur hwn yn dangos pethau gwahanol i bobl wahanol. Does dim yn cael ei anfon. Dywedwch wrth eich prosiect ar unwaith, mewn ffordd arall.
error-incomplete = Doedd y dudalen ddim yn gallu cael popeth sydd ei angen arni. Mae’n ceisio eto ei hun. Does dim a ysgrifennoch chi wedi’i golli. Dywedwch wrth eich prosiect os yw hyn yn para.
error-quota = Cafodd gormod ei anfon gyda dolen eich prosiect heddiw. Mae’r dudalen yn ceisio eto ei hun. Dywedwch wrth eich prosiect.
error-not-ready = Dydy’r hyn sydd ei angen ar y dudalen ddim ganddi eto. Cadwch hi ar agor. Mae’n mynd ymlaen ei hun.
error-alerts-none = Dydy’r rhybuddion ddim yma eto. Cadwch y dudalen ar agor am funud.
error-alerts-damaged = Doedd dim modd darllen y rhybuddion. Agorwch eich dolen eto.
error-logs-none = Dydy’r cofnod ddim yma eto. Cadwch y dudalen ar agor am funud, ac yna rhowch gynnig arall arni.
error-code-count = Mae gan god wyth gair, neu wyth grŵp o bedwar rhif. Mae gan hwn { $count }.
error-code-word = Dydy gair { $place } ddim yn un o eiriau’r codau. Ai “{ $nearest }” oeddech chi’n ei feddwl?
error-code-group = Rhaid i grŵp { $place } fod rhwng 0000 a 2047.
error-code-checksum = Mae un o’r geiriau’n anghywir. Edrychwch ar yr hyn a nodoch chi.
error-lookup-nothing = Teipiwch rif ffôn, plât rhif, enw neu enw defnyddiwr.
error-lookup-too-long = Mae hyn yn rhy hir. Teipiwch un rhif, plât rhif, enw neu enw defnyddiwr.
error-silent = Dywedwch beth ddigwyddodd, os gwelwch yn dda. Mae ychydig eiriau’n ddigon. Gall popeth arall aros yn wag.
error-too-long = { $over ->
    [zero] Gyda’i gilydd mae hyn { $over } llythyren yn rhy hir. Gwnewch hwn yn fyrrach: “{ $what }”. Does dim wedi’i dorri i ffwrdd.
    [one] Gyda’i gilydd mae hyn { $over } llythyren yn rhy hir. Gwnewch hwn yn fyrrach: “{ $what }”. Does dim wedi’i dorri i ffwrdd.
    [two] Gyda’i gilydd mae hyn { $over } lythyren yn rhy hir. Gwnewch hwn yn fyrrach: “{ $what }”. Does dim wedi’i dorri i ffwrdd.
    [few] Gyda’i gilydd mae hyn { $over } llythyren yn rhy hir. Gwnewch hwn yn fyrrach: “{ $what }”. Does dim wedi’i dorri i ffwrdd.
    [many] Gyda’i gilydd mae hyn { $over } llythyren yn rhy hir. Gwnewch hwn yn fyrrach: “{ $what }”. Does dim wedi’i dorri i ffwrdd.
   *[other] Gyda’i gilydd mae hyn { $over } llythyren yn rhy hir. Gwnewch hwn yn fyrrach: “{ $what }”. Does dim wedi’i dorri i ffwrdd.
}
error-contact-too-long = { $over ->
    [zero] Mae sut i gysylltu â chi { $over } llythyren yn rhy hir.
    [one] Mae sut i gysylltu â chi { $over } llythyren yn rhy hir.
    [two] Mae sut i gysylltu â chi { $over } lythyren yn rhy hir.
    [few] Mae sut i gysylltu â chi { $over } llythyren yn rhy hir.
    [many] Mae sut i gysylltu â chi { $over } llythyren yn rhy hir.
   *[other] Mae sut i gysylltu â chi { $over } llythyren yn rhy hir.
}
error-no-room-for-photo = { $over ->
    [zero] Does dim lle i’r llun gyda’ch geiriau. Gwnewch hwn { $over } llythyren yn fyrrach: “{ $what }”. Neu gadewch y llun allan.
    [one] Does dim lle i’r llun gyda’ch geiriau. Gwnewch hwn { $over } llythyren yn fyrrach: “{ $what }”. Neu gadewch y llun allan.
    [two] Does dim lle i’r llun gyda’ch geiriau. Gwnewch hwn { $over } lythyren yn fyrrach: “{ $what }”. Neu gadewch y llun allan.
    [few] Does dim lle i’r llun gyda’ch geiriau. Gwnewch hwn { $over } llythyren yn fyrrach: “{ $what }”. Neu gadewch y llun allan.
    [many] Does dim lle i’r llun gyda’ch geiriau. Gwnewch hwn { $over } llythyren yn fyrrach: “{ $what }”. Neu gadewch y llun allan.
   *[other] Does dim lle i’r llun gyda’ch geiriau. Gwnewch hwn { $over } llythyren yn fyrrach: “{ $what }”. Neu gadewch y llun allan.
}
error-date = Dydy’r diwrnod hwn ddim wedi bod eto, neu does dim diwrnod o’r fath. Dewiswch un arall, neu gadewch y lle’n wag.
error-number = Teipiwch rif o 0 i 255, neu gadewch y lle’n wag.
error-no-desk = Does dim un yma: { $role }. Atebwch “na” yno, neu edrychwch ar yr ardal eto.
error-no-key = Ddim yn gallu derbyn adroddiadau yr wythnos hon: { $desk }. Anfonwch yn nes ymlaen, neu atebwch “na” yno.
error-outbox-full = Mae digon o adroddiadau’n aros ar y dudalen hon. Cadwch hi ar agor nes iddyn nhw fynd, ac yna anfonwch hwn.
error-photo-heic = Llun HEIC yw hwn, ac all y porwr hwn ddim ei ddarllen. Tynnwch sgrinlun ohono ac anfonwch hwnnw.
error-photo-pdf = PDF yw hwn. Agorwch ef, tynnwch sgrinlun ac anfonwch hwnnw.
error-photo-video = Ffilm yw hon. Stopiwch hi lle mae’n bwysig, tynnwch sgrinlun ac anfonwch hwnnw.
error-photo-moving = Mae’r llun hwn yn symud. Tynnwch sgrinlun ohono ac anfonwch hwnnw.
error-photo-document = Dogfen yw hon. Agorwch hi, tynnwch sgrinlun ac anfonwch hwnnw.
error-photo-unknown = Dydy hwn ddim yn llun y mae modd ei ddarllen yma. Tynnwch sgrinlun ohono ac anfonwch hwnnw.
error-photo-damaged = Mae’r llun hwn wedi’i ddifrodi. Tynnwch sgrinlun ohono ac anfonwch hwnnw.
error-photo-too-large = Mae’r llun hwn yn rhy fawr. Tynnwch sgrinlun ohono ac anfonwch hwnnw.
error-photo-does-not-fit = Does dim modd gwneud y llun hwn yn ddigon bach. Gwnewch eich geiriau’n fyrrach, neu gadewch y llun allan.
error-photo-hidden = Dydy eich porwr ddim yn gadael i’r dudalen weld y llun. Yn Tor Browser, caniatewch “canvas” i’r dudalen hon. Neu gadewch y llun allan.
part-offenders = beth rydych chi’n ei ddweud am bobl
part-vehicles = beth rydych chi’n ei ddweud am gerbydau
part-harm = beth wnaeth hyn i chi
