### unreviewed

## Everywhere

page-title = Notițe
language-name = Română
language = Limbă
unreviewed = Nimeni nu a verificat încă această traducere. Unele cuvinte pot fi greșite.
exit = Ieși acum
exit-hint = „Ieși acum” deschide o pagină despre vreme. Dacă apeși Escape de trei ori, se întâmplă același lucru.
back = Înapoi
next = Mai departe
yes = Da
no = Nu
error-no-wasm = Acest browser este prea vechi pentru pagina aceasta. Actualizează-l sau folosește altul, de exemplu Firefox sau Chrome.
danger = Ești în pericol acum? Sună la { $number }.
drill = Acesta este doar un exercițiu. Nimeni nu este anonim aici. Nu scrie nimic adevărat.
veiled = Pagina este acoperită. Nu s-a pierdut nimic.
veiled-open = Arat-o din nou
idle-warning = Nu s-a mai atins nimic de o vreme. Pagina se va șterge singură peste un minut.
idle-stay = Nu o șterge
cleared = Această pagină a fost ștearsă. Nu a rămas nimic pe ea.
reopen = Ca să începi din nou, deschide încă o dată linkul de la organizația ta.

## Beginning

home-title = Ce vrei să faci?
home-warnings = Citește alerte
home-lookup = Verifică un număr sau un nume
home-report = Spune ce s-a întâmplat
home-check = Vezi ce s-a făcut cu relatarea ta
home-limits = Ce nu poate face această pagină
home-unsent = Relatarea ta este încă aici. Ține pagina deschisă până pleacă.
home-progress = Unde a ajuns relatarea ta
home-near = Alerte aproape de tine
home-more = Toate alertele ({ $count })
home-draft = Continuă ce scriai
fetching = Cele mai noi alerte sunt pe drum. Poți începe deja.
fetched = Alerte până la { $when }.
other-entry = Dacă nu se schimbă nimic, deschide pagina la altă adresă: { $address }
invitation-title = Deschide-ți linkul
invitation-label = Linkul de la organizația ta
invitation-hint = Organizația ta ți-a dat un link sau o imagine de scanat. Deschide din nou acel link sau lipește-l aici.
invitation-go = Deschide-l

## Warnings

warnings-title = Alerte
warnings-area = Doar pentru zona aceasta
warnings-area-hint = De exemplu LS2. Alegerea se face pe telefonul tău și nu se trimite.
warnings-none = Acum nu este nicio alertă aici. Asta nu înseamnă că ești în siguranță.
warnings-count = { $count ->
    [one] { $count } alertă
    [few] { $count } alerte
   *[other] { $count } de alerte
}
warnings-old = { $count ->
    [one] Aceste alerte sunt de acum { $count } zi. Lipsesc cele mai noi.
    [few] Aceste alerte sunt de acum { $count } zile. Lipsesc cele mai noi.
   *[other] Aceste alerte sunt de acum { $count } de zile. Lipsesc cele mai noi.
}
warnings-damaged = { $count ->
    [one] { $count } alertă nu a putut fi citită. Cere organizației tale un link nou.
    [few] { $count } alerte nu au putut fi citite. Cere organizației tale un link nou.
   *[other] { $count } de alerte nu au putut fi citite. Cere organizației tale un link nou.
}
warning-area-none = Fără zonă
warning-sent = Trimisă pe { $day }
warning-until = Valabilă până pe { $day }
warning-words-gone = Textul este prea vechi ca să mai fie aici. Organizația ta îți poate spune mai mult.
warning-exercise = Un exercițiu, nu o alertă
warning-test = O probă. N-o lua în seamă.
notice-from = Vești de la { $desk }, { $day }
severity-extreme = Pericol extrem
severity-severe = Pericol mare
severity-moderate = Ceva pericol
severity-minor = Pericol mic
severity-unknown = Nu se știe cât de periculos este
certainty-observed = s-a întâmplat
certainty-likely = probabil
certainty-possible = posibil
certainty-unlikely = puțin probabil
certainty-unknown = nu se știe cât de sigur este
urgency-immediate = acționează imediat
urgency-expected = acționează în cel mult o oră
urgency-future = acționează curând
urgency-past = a trecut
urgency-unknown = nu se știe cât de repede
kind-phone = Telefon
kind-email = E-mail
kind-plate = Număr de mașină
kind-name = Nume
kind-handle = Nume de utilizator
kind-other = Altceva

## Checking a number

lookup-title = Verifică un număr sau un nume
lookup-label = Număr de telefon, număr de mașină, nume sau nume de utilizator
lookup-hint = Telefonul tău caută singur. Nimeni nu află ce cauți.
lookup-go = Caută
lookup-none = Nu s-a găsit nimic în alertele din { $day } încoace. Asta nu înseamnă că poți avea încredere în el.
lookup-found = { $count ->
    [one] Se potrivește { $count } alertă.
    [few] Se potrivesc { $count } alerte.
   *[other] Se potrivesc { $count } de alerte.
}
lookup-best = Alerte care se potrivesc: { $count }. Aici sunt cele mai bune { $shown }. Scrie mai mult ca să vezi mai puține.
reason-same-number = Același număr
reason-same-plate = Același număr de mașină
reason-same-plate-lookalikes = Același număr de mașină, dacă O este 0 sau I este 1
reason-same-handle = Același nume de utilizator
reason-same-name = Același nume
reason-same-beginning = Același început. Citește alerta pentru rest.
reason-number-ends = Numărul se termină cu ce ai scris tu
reason-number-nearly = Aproape același număr: diferă o cifră
reason-number-contains = Ce ai scris este o parte din număr
reason-plate-contains = Ce ai scris este o parte din numărul de mașină
reason-plate-part = În alertă este o parte din acest număr de mașină
reason-plate-nearly = Aproape același număr de mașină: diferă o literă sau o cifră
reason-name-part = O parte din nume este la fel
reason-name-nearly = Numele se scrie aproape la fel
reason-name-sounds = Numele sună aproape la fel
reason-name-part-alike = O parte din nume arată sau sună la fel
reason-handle-contains = Un nume de utilizator este o parte din celălalt
reason-handle-nearly = Numele de utilizator se scrie aproape la fel

## Telling what happened

begin-title = Înainte să începi
begin-nothing-sent = Nu se trimite nimic până nu apeși „Trimite acum” la sfârșit.
begin-leave-out = Poți sări peste orice întrebare, în afară de una: ce s-a întâmplat.
begin-kept = Cuvintele tale nu se păstrează nicăieri. Dacă închizi pagina înainte să trimiți, dispar.
begin-quick = Cine îți urmărește conexiunea poate vedea cât timp stai. Scrie totul mai întâi într-un loc sigur, apoi copiază aici. Așa nu trebuie să stai mult.
begin-go = Începe
step = Întrebarea { $now } din { $all }
question-narrative = Ce s-a întâmplat?
hint-narrative = Scrie mult sau puțin, cum vrei, cu cuvintele tale și în limba ta.
length-left = { $count ->
    [one] Mai este loc pentru { $count } literă.
    [few] Mai este loc pentru { $count } litere.
   *[other] Mai este loc pentru { $count } de litere.
}
length-over = { $count ->
    [one] { $count } literă în plus. Scurtează textul ca să-l trimiți. Nu se taie nimic.
    [few] { $count } litere în plus. Scurtează textul ca să-l trimiți. Nu se taie nimic.
   *[other] { $count } de litere în plus. Scurtează textul ca să-l trimiți. Nu se taie nimic.
}
question-source = Ți s-a întâmplat ție?
source-first-hand = Da, mie
source-relayed = Nu, mi-a povestit cineva
source-for-somebody-else = Lucrez la un serviciu de sprijin și scriu pentru cineva
question-kinds = Ce a fost?
hint-choose = Alege tot ce se potrivește.
kinds-rape = Viol
kinds-sexual-assault = Agresiune sexuală
kinds-assault = Lovire sau rănire
kinds-robbery = Jaf
kinds-threats = Amenințări
kinds-stalking = Hărțuire sau urmărire
kinds-condom-removal = Scoaterea prezervativului
kinds-covert-filming = Filmare pe ascuns
kinds-non-payment = Neplată
kinds-attempted = Au încercat, dar nu s-a întâmplat
kinds-suspicious = Ceva nu era în regulă
question-date = În ce zi?
question-part-of-day = La ce oră din zi?
part-of-day-morning = Dimineața
part-of-day-afternoon = După-amiaza
part-of-day-evening = Seara
part-of-day-night = Noaptea
question-area = În ce zonă?
hint-area = Prima jumătate a codului poștal, de exemplu LS2, sau numele zonei. Nu adresa ta.
question-setting = În ce fel de loc?
setting-street = Pe stradă
setting-indoor = Înăuntru, unde lucrez
setting-outcall = La el acasă sau la hotel
setting-online = Pe internet
choose-none = Prefer să nu spun
question-people = Ce știi despre cine a făcut asta?
question-people-more = Ce știi despre persoana { $number }?
hint-people = Alege ce știi. Urmează întrebări doar despre asta.
add-person = A mai fost o persoană?
question-vehicles = A fost o mașină sau alt vehicul? Ce știi despre el?
question-vehicles-more = Ce știi despre vehiculul { $number }?
add-vehicle = A mai fost un vehicul?
question-harm = Vrei să spui mai mult?
person = Persoana { $number }
vehicle = Vehiculul { $number }
names = Ce nume folosea
sex = Bărbat, femeie sau altfel
age = Vârstă
age-from = Cel puțin
age-to = Cel mult
ethnicity = Grup etnic
height = Înălțime
build = Constituție
hair = Păr
eyes = Ochi
marks = Tatuaje, cicatrici sau alte semne
accent = Accent sau limbă
clothing = Haine
behaviour = Cum s-a purtat
phone = Numărul de telefon al persoanei
email = Adresa de e-mail a persoanei
username = Numele de utilizator al persoanei și pe ce site
advert = Anunțul persoanei
payment = Cum a plătit sau cui
registration = Număr de mașină sau o parte din el
make = Marcă
model = Model
colour = Culoare
features = Ceva după care poate fi recunoscut
occupants = Câți oameni erau în el
weapon = O armă
injuries = Răni
medical-help = Ajutor de la doctor
evidence-kept = Lucruri păstrate ca dovadă
hint-list = Dacă sunt mai multe, pune virgule între ele.
question-photo = Ai o fotografie de trimis?
hint-photo = Se trimite doar ce se vede în ea. O vei vedea mai întâi, exact așa cum pleacă.
photo-camera = Fă o fotografie
photo-gallery = Alege o fotografie
photo-working = Fotografia se pregătește…
photo-sent-so = Așa se trimite. Se vede în ea o față, o cameră sau o hârtie care arată cine ești?
photo-alt = Fotografia ta, așa cum va fi trimisă
photo-size = { $width } pe { $height } puncte, { $size } KB
photo-removed = S-au scos din ea:
photo-clean = Nu era nimic ascuns în ea.
photo-remove = Nu o trimite
removed-position = unde a fost făcută
removed-time = când a fost făcută
removed-camera = ce telefon sau aparat a făcut-o
removed-caption = un nume sau un titlu
removed-thumbnail = o copie mică dinainte de a fi tăiată
removed-xmp = însemnările programului care a schimbat-o
removed-comment = un comentariu
removed-text = un text din fișier
removed-colour-profile = un profil de culori
removed-trailer = ceva din spatele imaginii
removed-other = alte lucruri ascunse
question-own = Ce ar putea spune cine ești?
hint-own = Apoi telefonul tău caută asta în ce ai scris. Asta nu se trimite niciodată.
own-names = Numele tale
own-phones = Numerele tale de telefon
own-emails = Adresele tale de e-mail
own-addresses = Strada ta sau codul tău poștal
findings-title = Cuvinte care pot spune cine ești
findings-none = Nu s-a găsit nimic care să semene cu numele, numărul sau adresa ta. Mai citește o dată tot textul.
findings-hint = Vreun cuvânt subliniat este despre tine? Scoate-l. Numărul sau adresa lui ar trebui să rămână.
finding-phone = arată ca un număr de telefon
finding-email = arată ca o adresă de e-mail
finding-address = arată ca o adresă
finding-name = arată ca un nume
finding-own = este al tău
finding-line = „{ $text }” { $why }
take-out = Scoate
put-back = Pune la loc

## Who may see it

consent-title = Cine poate vedea?
consent-scheme = Echipa care se ocupă de relatări ({ $desk }) o vede mereu. Nu află niciodată cine ești.
consent-members-alert = Pot fi avertizate, cu ce ai spus tu, alte persoane care fac această muncă?
consent-police = Poate să o citească echipa poliției ({ $desk })? Nu află cine ești.
consent-police-contact = Poate să știe poliția cum te găsește?
consent-specialist = Poate să o citească echipa specială a zonei ({ $desk })?
consent-project = Poate să o citească organizația ta ({ $desk })? Va ști că a scris cineva dintre membrii ei.
consent-contact = Cum te poate găsi poliția?
hint-contact = Doar echipa poliției poate citi asta.
consent-if-yes = Dacă spui da:
consent-if-no = Dacă spui nu:
sees-all = { $desk } vede tot, dar nu și cum te poate găsi.
sees-contact = { $desk } vede tot, și cum te poate găsi.
sees-nothing = { $desk } nu vede nimic și nu poate afla că ai scris.
sees-none-here = { $role }: aici nu există.
members-see = Alte persoane care fac această muncă pot fi avertizate.
members-see-not = Alte persoane care fac această muncă nu sunt avertizate.
relays-see = Calculatoarele de pe drum nu văd nimic, nici măcar că există o relatare.
project-knows = Organizația ta va ști că a scris cineva dintre membrii ei.
role-scheme = Echipa care se ocupă de relatări
role-police = Echipa poliției
role-specialist = Echipa specială a zonei
role-project = Organizația ta
silent-days = { $count ->
    [one] Nu a mai citit relatări de { $count } zi. Dacă e urgent, ia legătura și altfel.
    [few] Nu a mai citit relatări de { $count } zile. Dacă e urgent, ia legătura și altfel.
   *[other] Nu a mai citit relatări de { $count } de zile. Dacă e urgent, ia legătura și altfel.
}
silent-window = Nu a mai citit relatări în ultimele zile. Dacă e urgent, ia legătura și altfel.
question-reply = Vrei un răspuns?
reply-no = Nu
reply-whenever = Da, când este timp
reply-soon = Da, cât mai repede

## Looking it over

preview-title = Mai uită-te o dată
preview-said = Asta este tot ce se trimite
preview-desks = Cine va vedea
preview-change = Schimbă „{ $what }”
preview-risk = Ce ar putea afla cineva
risk-watch = Cineva care urmărește toate conexiunile și are în mână registrul și echipa poliției ar ghici cine a scris asta cam 1 dată din { $visit }.
risk-stay = Poate vedea cât timp este deschisă pagina. Programul pentru calculator ascunde asta.
risk-linked = Dacă se știe că două relatări de aici sunt de la aceeași persoană, ar ști că ești tu.
risk-code = Primești un cod. Cine îl are poate arăta că tu ai scris asta. Păstrează-l doar pentru tine.
wait-title = Cât durează
wait-known = Jumătate din relatări ajung în cel mult { $half }. Aproape toate ajung în cel mult { $most }.
wait-unknown = Nimeni nu poate spune încă cât durează. Pot fi ore.
wait-urgent = Dacă ai nevoie de cineva mai repede, sună la { $number } într-o urgență, sau la { $project }, sau la linia de ajutor { $scheme }.
span-seconds = { $count ->
    [one] { $count } secundă
    [few] { $count } secunde
   *[other] { $count } de secunde
}
span-minutes = { $count ->
    [one] { $count } minut
    [few] { $count } minute
   *[other] { $count } de minute
}
span-hours = { $count ->
    [one] { $count } oră
    [few] { $count } ore
   *[other] { $count } de ore
}
span-days = { $count ->
    [one] { $count } zi
    [few] { $count } zile
   *[other] { $count } de zile
}
send = Trimite acum
sending = Se sigilează…

## The code

receipt-title = Codul tău
receipt-why = Cu acest cod poți vedea mai târziu dacă relatarea ta a ajuns și poți citi răspunsuri. Se arată doar acum și nu se păstrează nicăieri.
receipt-words = În cuvinte
receipt-digits = În numere
receipt-either = Cuvintele și numerele sunt același cod. Ajunge unul dintre ele.
receipt-keep = Scrie-l unde nu se uită nimeni sau învață-l pe de rost. Nu face o captură de ecran.
receipt-next = Îl am
practise-title = Îl ai?
practise-hint = Scrie aceste două cuvinte din codul tău.
practise-word = Cuvântul { $number }
practise-check = Încearcă
practise-right = Amândouă sunt bune.
practise-wrong = Nu este așa. Mai uită-te o dată la cod.
practise-skip = Mergi mai departe fără să încerci
practise-show = Arată codul din nou

## While it waits

waiting-title = Unde a ajuns relatarea ta
waiting-unsent = Relatarea ta nu a plecat încă. Ține pagina deschisă. Jumătate pleacă în cel mult { $half }, aproape toate în cel mult { $most }.
waiting-close = Dacă trebuie să închizi pagina acum, ea tot încearcă să trimită relatarea când se închide.
waiting-gone = Relatarea ta a plecat. Poți închide pagina.
waiting-later = Uită-te din nou cu codul tău peste câteva ore. Dacă nu este acolo după o zi, scrie-o încă o dată.
waiting-unsure = Nu este sigur că relatarea ta a fost primită. Nu se trimite de două ori, pentru că două la fel ar arăta spre tine. Uită-te mâine cu codul tău.
stage-waiting = Sigilată pe telefonul tău
stage-sending = Pleacă
stage-sent = Trimisă
stage-logged = În registrul public
stage-witnessed = Văzută de martori
stage-read = Citită de echipă
stage-answered = Are răspuns
stage-done = gata
stage-open = încă nu

## What became of it

check-title = Vezi ce s-a făcut cu relatarea ta
check-label = Codul tău
check-hint = Opt cuvinte sau opt grupuri de cifre.
check-go = Vezi
check-working = Telefonul tău calculează…
check-not-yet = Relatarea ta nu este încă în registru. Relatările așteaptă pe drum, ca nimeni să nu știe care a cui este. Uită-te din nou peste câteva ore. Dacă nu este acolo după o zi, trimite-o din nou.
check-older = Relatările mai vechi de o săptămână nu se găsesc pe această pagină.
check-arrived = Relatarea ta a ajuns, exact așa cum ai trimis-o.
check-old-answered = Relatarea ta a ajuns, pentru că are răspuns.
check-read-by = Citită de: { $desks }
check-no-answer = Nu este încă niciun răspuns.
answer-from = Răspuns de la { $desk }
check-holder = Cine are codul tău poate citi și răspunsurile.
check-witnesses = { $count ->
    [one] Verificat pe telefonul tău și confirmat de { $count } martor, la { $when }.
    [few] Verificat pe telefonul tău și confirmat de { $count } martori, la { $when }.
   *[other] Verificat pe telefonul tău și confirmat de { $count } de martori, la { $when }.
}

## What it cannot do

limits-title = Ce nu poate face această pagină
limits-visit = Nu poate ascunde că ai deschis-o, nici cât timp stai.
limits-history = Nu poate șterge istoricul browserului tău. Folosește o fereastră privată.
limits-server = Nu te poate apăra de calculatorul de pe care vine, dacă acela înșală.
limits-words = Nu poate ascunde ce scrii despre tine.
limits-again = Nu te poate ascunde dacă trimiți relatări iar și iar.
limits-tor = Browserul Tor ascunde că ai fost aici. Deschide-ți linkul în el.
limits-client = Programul pentru calculator ascunde când trimiți relatări. Întreabă-ți organizația de „brolly”.

## When something goes wrong

error-broken = Pagina s-a stricat. Copiază-ți cuvintele într-un loc sigur, închide pagina și deschide-ți linkul din nou.
error-memory = Telefonul tău are prea puțină memorie liberă. Închide alte programe și încearcă din nou.
error-loading = Pagina nu s-a putut încărca toată. Telefonul tău are internet? Deschide-ți linkul din nou.
error-invitation-not-a-link = Acesta nu este un link întreg. Copiază-l tot, de la https://.
error-invitation-damaged = O parte din link lipsește sau s-a schimbat. Cere-l din nou sau scanează imaginea.
error-invitation-version = Acest link este pentru o pagină mai nouă. Întreabă-ți organizația unde este.
error-invitation-elsewhere = Acest link ține de altă adresă: { $first }.
error-invitation-elsewhere-go = Mergi acolo
error-invitation-revoked = Linkul tău nu mai este bun. Cere organizației tale unul nou. Ce ai scris este încă aici și nu s-a trimis nimic.
error-not-an-entry = Acest calculator nu mai ia parte. Cere organizației tale un link nou. Nu s-a trimis nimic.
error-relay-away = Pagina nu ajunge la calculatorul ei. Telefonul tău are internet? Încearcă singură din nou. Nu s-a pierdut nimic din ce ai scris.
error-relay-busy = Calculatorul acestei pagini nu are loc acum. Pagina încearcă singură din nou. Nu s-a pierdut nimic din ce ai scris.
error-clock-wrong = Ceasul telefonului tău este greșit. Pune data și ora bune. Nu s-a pierdut nimic din ce ai scris și nu s-a trimis nimic.
error-directory-stale = Ce spune acest calculator despre cine ia parte este prea vechi. Uită-te la data de pe telefonul tău: este bună? Dacă este, spune-i organizației tale. Nu s-a pierdut nimic din ce ai scris și nu s-a trimis nimic.
error-clock-off = Ceasul telefonului tău este greșit. Pune data și ora bune când poți.
error-directory-refused = Nu se poate avea încredere în ce spune acest calculator despre cine ia parte. Nu s-a trimis nimic. Spune-i organizației tale.
error-log-shrunk = Acest calculator a rămas în urmă cu câteva minute. Pagina încearcă singură din nou. Nu s-a pierdut nimic din ce ai scris.
error-log-forked = Acest calculator arată lucruri diferite unor oameni diferiți. Nu se trimite nimic. Spune-i imediat organizației tale, pe altă cale.
error-incomplete = Pagina nu a putut primi tot ce îi trebuie. Încearcă singură din nou. Nu s-a pierdut nimic din ce ai scris. Dacă nu se schimbă nimic, spune-i organizației tale.
error-quota = Astăzi s-a trimis prea mult cu linkul organizației tale. Pagina încearcă singură din nou. Spune-i organizației tale.
error-not-ready = Pagina nu are încă tot ce îi trebuie. Ține-o deschisă. Merge singură mai departe.
error-alerts-none = Alertele nu sunt încă aici. Ține pagina deschisă puțin.
error-alerts-damaged = Alertele nu au putut fi citite. Deschide-ți linkul din nou.
error-logs-none = Registrul nu este încă aici. Ține pagina deschisă puțin, apoi încearcă din nou.
error-code-count = Un cod are opt cuvinte sau opt grupuri de patru cifre. Acesta are { $count }.
error-code-word = Cuvântul { $place } nu este dintr-un cod. Voiai să scrii „{ $nearest }”?
error-code-group = Grupul { $place } trebuie să fie între 0000 și 2047.
error-code-checksum = Unul dintre cuvinte este greșit. Uită-te la ce ai notat.
error-lookup-nothing = Scrie un număr de telefon, un număr de mașină, un nume sau un nume de utilizator.
error-lookup-too-long = Este prea lung. Scrie un singur număr, nume sau nume de utilizator.
error-silent = Te rugăm să spui ce s-a întâmplat. Ajung câteva cuvinte. Restul poate rămâne gol.
error-too-long = { $over ->
    [one] Cu totul este prea lung cu { $over } literă. Scurtează aici: „{ $what }”. Nu s-a tăiat nimic.
    [few] Cu totul este prea lung cu { $over } litere. Scurtează aici: „{ $what }”. Nu s-a tăiat nimic.
   *[other] Cu totul este prea lung cu { $over } de litere. Scurtează aici: „{ $what }”. Nu s-a tăiat nimic.
}
error-contact-too-long = { $over ->
    [one] Textul despre cum te poate găsi poliția este prea lung cu { $over } literă.
    [few] Textul despre cum te poate găsi poliția este prea lung cu { $over } litere.
   *[other] Textul despre cum te poate găsi poliția este prea lung cu { $over } de litere.
}
error-no-room-for-photo = { $over ->
    [one] Cuvintele tale nu lasă loc pentru fotografie. Scurtează cu { $over } literă aici: „{ $what }”. Sau renunță la fotografie.
    [few] Cuvintele tale nu lasă loc pentru fotografie. Scurtează cu { $over } litere aici: „{ $what }”. Sau renunță la fotografie.
   *[other] Cuvintele tale nu lasă loc pentru fotografie. Scurtează cu { $over } de litere aici: „{ $what }”. Sau renunță la fotografie.
}
error-date = Această zi nu a fost încă sau nu există. Alege alta sau lasă gol.
error-number = Scrie un număr de la 0 la 255 sau lasă gol.
error-no-desk = Aici nu există: { $role }. Răspunde „nu” acolo sau verifică zona.
error-no-key = { $desk } nu poate primi relatări săptămâna aceasta. Trimite mai târziu sau răspunde „nu” acolo.
error-outbox-full = Pe această pagină așteaptă deja destule relatări. Ține-o deschisă până pleacă, apoi trimite-o pe aceasta.
error-photo-heic = Aceasta este o imagine HEIC, pe care browserul nu o poate citi. Fă o captură de ecran și trimite captura.
error-photo-pdf = Acesta este un PDF. Deschide-l, fă o captură de ecran și trimite captura.
error-photo-video = Acesta este un film. Oprește-l unde contează, fă o captură de ecran și trimite captura.
error-photo-moving = Această imagine se mișcă. Fă o captură de ecran și trimite captura.
error-photo-document = Acesta este un document. Deschide-l, fă o captură de ecran și trimite captura.
error-photo-unknown = Aceasta nu este o fotografie care se poate citi aici. Fă o captură de ecran și trimite captura.
error-photo-damaged = Această fotografie este stricată. Fă o captură de ecran și trimite captura.
error-photo-too-large = Această fotografie este prea mare. Fă o captură de ecran și trimite captura.
error-photo-does-not-fit = Această fotografie nu se poate face destul de mică. Scurtează-ți cuvintele sau renunță la ea.
error-photo-hidden = Browserul tău nu lasă pagina să vadă fotografia. În browserul Tor, permite „canvas” pentru această pagină. Sau renunță la fotografie.
part-offenders = ce spui despre persoane
part-vehicles = ce spui despre vehicule
part-harm = ce rău ți-a făcut
