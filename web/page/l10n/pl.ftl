### unreviewed

## Everywhere

page-title = Notatki
language-name = Polski
language = Język
unreviewed = Nikt jeszcze nie sprawdził tego tłumaczenia. Niektóre słowa mogą być złe.
exit = Wyjdź teraz
exit-hint = „Wyjdź teraz” otwiera stronę o pogodzie. Klawisz Escape wciśnięty trzy razy robi to samo.
back = Wstecz
next = Dalej
yes = Tak
no = Nie
error-no-wasm = Ta przeglądarka jest za stara dla tej strony. Zaktualizuj ją albo użyj innej, na przykład Firefox lub Chrome.
danger = Coś ci teraz grozi? Zadzwoń pod { $number }.
drill = To tylko ćwiczenie. Nikt nie jest tu anonimowy. Nie pisz niczego prawdziwego.
veiled = Strona jest zasłonięta. Nic nie zginęło.
veiled-open = Pokaż ją znowu
idle-warning = Od dłuższej chwili nic się tu nie dzieje. Za minutę ta strona sama się wyczyści.
idle-stay = Nie czyść
cleared = Ta strona została wyczyszczona. Nic na niej nie ma.
reopen = Żeby zacząć od nowa, otwórz jeszcze raz link od swojej organizacji.

## Beginning

home-title = Co chcesz zrobić?
home-warnings = Przeczytaj ostrzeżenia
home-lookup = Sprawdź numer lub imię
home-report = Opowiedz, co się stało
home-check = Zobacz, co z twoim zgłoszeniem
home-limits = Czego ta strona nie potrafi
home-unsent = Twoje zgłoszenie wciąż tu jest. Nie zamykaj tej strony, aż zostanie wysłane.
home-progress = Jak daleko jest twoje zgłoszenie
home-near = Ostrzeżenia blisko ciebie
home-more = Wszystkie ostrzeżenia ({ $count })
home-draft = Pisz dalej to, co zaczęte
fetching = Najnowsze ostrzeżenia są w drodze. Możesz już zaczynać.
fetched = Stan ostrzeżeń: { $when }.
other-entry = Jeśli to się nie skończy, otwórz stronę pod innym adresem: { $address }
invitation-title = Otwórz swój link
invitation-label = Link od twojej organizacji
invitation-hint = Masz od swojej organizacji link albo obrazek do zeskanowania. Otwórz ten link jeszcze raz albo wklej go tutaj.
invitation-go = Otwórz go

## Warnings

warnings-title = Ostrzeżenia
warnings-area = Tylko dla tej okolicy
warnings-area-hint = Na przykład LS2. Wybór odbywa się w twoim telefonie i nie jest wysyłany.
warnings-none = Teraz nie ma tu żadnego ostrzeżenia. To nie znaczy, że jest bezpiecznie.
warnings-count = { $count ->
    [one] { $count } ostrzeżenie
    [few] { $count } ostrzeżenia
    [many] { $count } ostrzeżeń
   *[other] { $count } ostrzeżenia
}
warnings-old = { $count ->
    [one] Te ostrzeżenia są sprzed { $count } dnia. Brakuje nowszych.
    [few] Te ostrzeżenia są sprzed { $count } dni. Brakuje nowszych.
    [many] Te ostrzeżenia są sprzed { $count } dni. Brakuje nowszych.
   *[other] Te ostrzeżenia są sprzed { $count } dnia. Brakuje nowszych.
}
warnings-damaged = { $count ->
    [one] Nie udało się odczytać { $count } ostrzeżenia. Poproś swoją organizację o nowy link.
    [few] Nie udało się odczytać { $count } ostrzeżeń. Poproś swoją organizację o nowy link.
    [many] Nie udało się odczytać { $count } ostrzeżeń. Poproś swoją organizację o nowy link.
   *[other] Nie udało się odczytać { $count } ostrzeżenia. Poproś swoją organizację o nowy link.
}
warning-area-none = Nie podano okolicy
warning-sent = Wysłano { $day }
warning-until = Ważne do { $day }
warning-words-gone = Treść jest za stara i już jej tu nie ma. Twoja organizacja może powiedzieć ci więcej.
warning-exercise = Ćwiczenie, nie ostrzeżenie
warning-test = Próba. Nie zwracaj uwagi.
notice-from = Wiadomość od: { $desk }, { $day }
severity-extreme = Skrajne niebezpieczeństwo
severity-severe = Duże niebezpieczeństwo
severity-moderate = Pewne niebezpieczeństwo
severity-minor = Małe niebezpieczeństwo
severity-unknown = Nie wiadomo, jak niebezpieczne
certainty-observed = zdarzyło się
certainty-likely = prawdopodobne
certainty-possible = możliwe
certainty-unlikely = mało prawdopodobne
certainty-unknown = nie wiadomo, czy to pewne
urgency-immediate = działaj od razu
urgency-expected = działaj w ciągu godziny
urgency-future = działaj wkrótce
urgency-past = już minęło
urgency-unknown = nie wiadomo, jak szybko działać
kind-phone = Telefon
kind-email = E-mail
kind-plate = Numer rejestracyjny
kind-name = Imię lub nazwisko
kind-handle = Nazwa użytkownika
kind-other = Inne

## Checking a number

lookup-title = Sprawdź numer lub imię
lookup-label = Numer telefonu, numer rejestracyjny, imię lub nazwa użytkownika
lookup-hint = Twój telefon szuka sam. Nikt się nie dowie, czego szukasz.
lookup-go = Szukaj
lookup-none = W ostrzeżeniach od { $day } nic nie znaleziono. To nie znaczy, że można mu ufać.
lookup-found = { $count ->
    [one] Pasuje { $count } ostrzeżenie.
    [few] Pasują { $count } ostrzeżenia.
    [many] Pasuje { $count } ostrzeżeń.
   *[other] Pasuje { $count } ostrzeżenia.
}
lookup-best = Pasujące ostrzeżenia: { $count }. Najlepsze z nich widać tutaj: { $shown }. Wpisz więcej, żeby było ich mniej.
reason-same-number = Ten sam numer
reason-same-plate = Ten sam numer rejestracyjny
reason-same-plate-lookalikes = Ten sam numer rejestracyjny, jeśli O to 0 albo I to 1
reason-same-handle = Ta sama nazwa użytkownika
reason-same-name = To samo imię
reason-same-beginning = Ten sam początek. Resztę znajdziesz w ostrzeżeniu.
reason-number-ends = Numer kończy się tym, czego szukasz
reason-number-nearly = Prawie ten sam numer: inna jest jedna cyfra
reason-number-contains = To, czego szukasz, jest częścią numeru
reason-plate-contains = To, czego szukasz, jest częścią numeru rejestracyjnego
reason-plate-part = W ostrzeżeniu jest część tego numeru rejestracyjnego
reason-plate-nearly = Prawie ten sam numer rejestracyjny: inna jest jedna litera lub cyfra
reason-name-part = Część imienia jest taka sama
reason-name-nearly = Imię pisze się prawie tak samo
reason-name-sounds = Imię brzmi prawie tak samo
reason-name-part-alike = Część imienia wygląda lub brzmi podobnie
reason-handle-contains = Jedna nazwa użytkownika jest częścią drugiej
reason-handle-nearly = Nazwę użytkownika pisze się prawie tak samo

## Telling what happened

begin-title = Zanim zaczniesz
begin-nothing-sent = Nic nie zostanie wysłane, dopóki na końcu nie wciśniesz „Wyślij teraz”.
begin-leave-out = Możesz pominąć każde pytanie oprócz jednego: co się stało.
begin-kept = Twoje słowa nie są nigdzie zapisywane. Jeśli zamkniesz tę stronę przed wysłaniem, znikną.
begin-quick = Ktoś, kto obserwuje twoje łącze, widzi, jak długo tu jesteś. Najpierw zapisz wszystko w bezpiecznym miejscu, a potem skopiuj tutaj. Wtedy nie musisz być tu długo.
begin-go = Zacznij
step = Pytanie { $now } z { $all }
question-narrative = Co się stało?
hint-narrative = Napisz dużo albo mało, jak chcesz, własnymi słowami i w swoim języku.
length-left = { $count ->
    [one] Zmieści się jeszcze { $count } litera.
    [few] Zmieszczą się jeszcze { $count } litery.
    [many] Zmieści się jeszcze { $count } liter.
   *[other] Zmieści się jeszcze { $count } litery.
}
length-over = { $count ->
    [one] Za długie o { $count } literę. Skróć tekst, żeby go wysłać. Nic nie zostanie ucięte.
    [few] Za długie o { $count } litery. Skróć tekst, żeby go wysłać. Nic nie zostanie ucięte.
    [many] Za długie o { $count } liter. Skróć tekst, żeby go wysłać. Nic nie zostanie ucięte.
   *[other] Za długie o { $count } litery. Skróć tekst, żeby go wysłać. Nic nie zostanie ucięte.
}
question-source = Czy to spotkało ciebie?
source-first-hand = Tak, mnie
source-relayed = Nie, wiem to od kogoś
source-for-somebody-else = Pracuję w pomocy i piszę za kogoś
question-kinds = Co to było?
hint-choose = Zaznacz wszystko, co pasuje.
kinds-rape = Gwałt
kinds-sexual-assault = Napaść seksualna
kinds-assault = Bicie lub zranienie
kinds-robbery = Rabunek
kinds-threats = Groźby
kinds-stalking = Nękanie lub śledzenie
kinds-condom-removal = Ściągnięcie prezerwatywy
kinds-covert-filming = Nagrywanie z ukrycia
kinds-non-payment = Brak zapłaty
kinds-attempted = Ktoś próbował, ale do tego nie doszło
kinds-suspicious = Coś było nie tak
question-date = Którego dnia?
question-part-of-day = O jakiej porze dnia?
part-of-day-morning = Rano
part-of-day-afternoon = Po południu
part-of-day-evening = Wieczorem
part-of-day-night = W nocy
question-area = W jakiej okolicy?
hint-area = Pierwsza połowa kodu pocztowego, na przykład LS2, albo nazwa okolicy. Nie twój adres.
question-setting = W jakim miejscu?
setting-street = Na ulicy
setting-indoor = W lokalu, w którym pracuję
setting-outcall = U niego albo w hotelu
setting-online = W internecie
choose-none = Wolę nie mówić
question-people = Co wiesz o osobie, która to zrobiła?
question-people-more = Co wiesz o osobie { $number }?
hint-people = Zaznacz, co wiesz. Potem będą pytania tylko o to.
add-person = Czy była jeszcze jedna osoba?
question-vehicles = Czy był tam samochód albo inny pojazd? Co o nim wiesz?
question-vehicles-more = Co wiesz o pojeździe { $number }?
add-vehicle = Czy był jeszcze jeden pojazd?
question-harm = Chcesz powiedzieć coś więcej?
person = Osoba { $number }
vehicle = Pojazd { $number }
names = Imiona lub ksywki tej osoby
sex = Mężczyzna, kobieta lub inaczej
age = Wiek
age-from = Co najmniej
age-to = Najwyżej
ethnicity = Pochodzenie etniczne
height = Wzrost
build = Budowa ciała
hair = Włosy
eyes = Oczy
marks = Tatuaże, blizny lub inne znaki
accent = Akcent lub język
clothing = Ubranie
behaviour = Jak się zachowywała ta osoba
phone = Numer telefonu tej osoby
email = Adres e-mail tej osoby
username = Nazwa użytkownika tej osoby i na jakiej stronie
advert = Ogłoszenie tej osoby
payment = Jak ta osoba płaciła lub komu
registration = Numer rejestracyjny lub jego część
make = Marka
model = Model
colour = Kolor
features = Po czym można go poznać
occupants = Ile osób było w środku
weapon = Broń
injuries = Obrażenia
medical-help = Pomoc lekarza
evidence-kept = Rzeczy zachowane jako dowód
hint-list = Jeśli jest ich kilka, oddziel je przecinkami.
question-photo = Masz zdjęcie do wysłania?
hint-photo = Wysyłane jest tylko to, co na nim widać. Najpierw zobaczysz je dokładnie takie, jakie będzie wysłane.
photo-camera = Zrób zdjęcie
photo-gallery = Wybierz zdjęcie
photo-working = Zdjęcie jest przygotowywane…
photo-sent-so = Tak będzie wysłane. Czy widać na nim twarz, pokój albo dokument, po którym można cię poznać?
photo-alt = Twoje zdjęcie, takie jak będzie wysłane
photo-size = { $width } na { $height } punktów, { $size } KB
photo-removed = Usunięto z niego:
photo-clean = Nie było w nim nic ukrytego.
photo-remove = Nie wysyłaj go
removed-position = gdzie je zrobiono
removed-time = kiedy je zrobiono
removed-camera = jakim telefonem lub aparatem je zrobiono
removed-caption = nazwę lub podpis
removed-thumbnail = małą kopię sprzed przycięcia
removed-xmp = notatki programu, który je zmienił
removed-comment = komentarz
removed-text = tekst w pliku
removed-colour-profile = profil kolorów
removed-trailer = coś za obrazem
removed-other = inne ukryte rzeczy
question-own = Co mogłoby zdradzić, kim jesteś?
hint-own = Telefon poszuka tego w twoim tekście. To nigdy nie jest wysyłane.
own-names = Twoje imiona i nazwiska
own-phones = Twoje numery telefonu
own-emails = Twoje adresy e-mail
own-addresses = Twoja ulica lub kod pocztowy
findings-title = Słowa, które mogą zdradzić, kim jesteś
findings-none = Nie znaleziono nic, co wygląda jak twoje imię, numer lub adres. Przeczytaj to jeszcze raz.
findings-hint = Czy podkreślone słowo jest o tobie? Usuń je. Jego numer lub adres powinien zostać.
finding-phone = wygląda jak numer telefonu
finding-email = wygląda jak adres e-mail
finding-address = wygląda jak adres
finding-name = wygląda jak imię lub nazwisko
finding-own = należy do ciebie
finding-line = „{ $text }” { $why }
take-out = Usuń
put-back = Przywróć

## Who may see it

consent-title = Kto może to zobaczyć?
consent-scheme = Zespół od zgłoszeń ({ $desk }) widzi to zawsze. Nigdy się nie dowie, kim jesteś.
consent-members-alert = Czy twoimi słowami można ostrzec inne osoby z branży?
consent-police = Czy zespół policji ({ $desk }) może to przeczytać? Nie dowie się, kim jesteś.
consent-police-contact = Czy policja może wiedzieć, jak się z tobą skontaktować?
consent-specialist = Czy specjalny zespół dla tej okolicy ({ $desk }) może to przeczytać?
consent-project = Czy twoja organizacja ({ $desk }) może to przeczytać? Będzie wiedzieć, że to napisał ktoś od niej.
consent-contact = Jak policja może się z tobą skontaktować?
hint-contact = Może to przeczytać tylko zespół policji.
consent-if-yes = Jeśli powiesz „tak”:
consent-if-no = Jeśli powiesz „nie”:
sees-all = { $desk } widzi wszystko oprócz tego, jak się z tobą skontaktować.
sees-contact = { $desk } widzi wszystko, także to, jak się z tobą skontaktować.
sees-nothing = { $desk } nie widzi nic i nie może się dowiedzieć, że coś od ciebie przyszło.
sees-none-here = { $role }: tutaj nie ma.
members-see = Inne osoby z branży mogą dostać ostrzeżenie.
members-see-not = Inne osoby z branży nie dostaną ostrzeżenia.
relays-see = Komputery po drodze nic z tego nie widzą, nawet tego, że jest jakieś zgłoszenie.
project-knows = Twoja organizacja będzie wiedzieć, że to napisał ktoś od niej.
role-scheme = Zespół od zgłoszeń
role-police = Zespół policji
role-specialist = Specjalny zespół dla tej okolicy
role-project = Twoja organizacja
silent-days = { $count ->
    [one] Od { $count } dnia nikt tam nie czytał zgłoszeń. Jeśli to pilne, skontaktuj się też w inny sposób.
    [few] Od { $count } dni nikt tam nie czytał zgłoszeń. Jeśli to pilne, skontaktuj się też w inny sposób.
    [many] Od { $count } dni nikt tam nie czytał zgłoszeń. Jeśli to pilne, skontaktuj się też w inny sposób.
   *[other] Od { $count } dnia nikt tam nie czytał zgłoszeń. Jeśli to pilne, skontaktuj się też w inny sposób.
}
silent-window = W ostatnich dniach nikt tam nie czytał zgłoszeń. Jeśli to pilne, skontaktuj się też w inny sposób.
question-reply = Chcesz dostać odpowiedź?
reply-no = Nie
reply-whenever = Tak, kiedy będzie czas
reply-soon = Tak, jak najszybciej

## Looking it over

preview-title = Przejrzyj to
preview-said = To wszystko, co zostanie wysłane
preview-desks = Kto to zobaczy
preview-change = Zmień „{ $what }”
preview-risk = Czego ktoś mógłby się dowiedzieć
risk-watch = Ktoś, kto obserwuje wszystkie łącza i ma w rękach rejestr oraz zespół policji, odgadłby, kto to napisał, mniej więcej 1 raz na { $visit }.
risk-stay = Taka osoba widzi, jak długo ta strona jest otwarta. Program na komputer to ukrywa.
risk-linked = Jeśli wiadomo, że dwa zgłoszenia są od jednej osoby, taka osoba wiedziałaby, że to ty.
risk-code = Dostaniesz kod. Kto go ma, może pokazać, że to twoje słowa. Zachowaj go tylko dla siebie.
wait-title = Ile to trwa
wait-known = Połowa wszystkich zgłoszeń dociera w ciągu { $half }. Prawie wszystkie docierają w ciągu { $most }.
wait-unknown = Nikt jeszcze nie może powiedzieć, ile to trwa. Może kilka godzin.
wait-urgent = Jeśli potrzebujesz kogoś szybciej, zadzwoń: { $number } w nagłym wypadku, { $project } albo telefon wsparcia { $scheme }.
span-seconds = { $count ->
    [one] { $count } sekundy
    [few] { $count } sekund
    [many] { $count } sekund
   *[other] { $count } sekundy
}
span-minutes = { $count ->
    [one] { $count } minuty
    [few] { $count } minut
    [many] { $count } minut
   *[other] { $count } minuty
}
span-hours = { $count ->
    [one] { $count } godziny
    [few] { $count } godzin
    [many] { $count } godzin
   *[other] { $count } godziny
}
span-days = { $count ->
    [one] { $count } dnia
    [few] { $count } dni
    [many] { $count } dni
   *[other] { $count } dnia
}
send = Wyślij teraz
sending = Trwa pieczętowanie…

## The code

receipt-title = Twój kod
receipt-why = Z tym kodem możesz później sprawdzić, czy zgłoszenie dotarło, i przeczytać odpowiedzi. Widać go tylko teraz i nie jest nigdzie zapisywany.
receipt-words = W słowach
receipt-digits = W liczbach
receipt-either = Słowa i liczby to ten sam kod. Wystarczy jedno z nich.
receipt-keep = Zapisz go tam, gdzie nikt nie zagląda, albo naucz się go na pamięć. Nie rób zrzutu ekranu.
receipt-next = Mam go
practise-title = Masz go?
practise-hint = Wpisz te dwa słowa swojego kodu.
practise-word = Słowo { $number }
practise-check = Spróbuj
practise-right = Oba są dobre.
practise-wrong = To nie to. Spójrz na kod jeszcze raz.
practise-skip = Dalej bez próby
practise-show = Pokaż kod jeszcze raz

## While it waits

waiting-title = Jak daleko jest twoje zgłoszenie
waiting-unsent = Twoje zgłoszenie jeszcze nie wyszło. Nie zamykaj tej strony. Połowa wychodzi w ciągu { $half }, prawie wszystkie w ciągu { $most }.
waiting-close = Jeśli musisz zamknąć stronę teraz, spróbuje ona wysłać twoje zgłoszenie przy zamykaniu.
waiting-gone = Twoje zgłoszenie wyszło. Możesz zamknąć tę stronę.
waiting-later = Sprawdź znowu ze swoim kodem za kilka godzin. Jeśli po dniu go tam nie ma, napisz jeszcze raz.
waiting-unsure = Nie jest pewne, czy twoje zgłoszenie zostało przyjęte. Nie jest wysyłane dwa razy, bo dwa takie same wskazałyby na ciebie. Sprawdź jutro ze swoim kodem.
stage-waiting = Zapieczętowane w twoim telefonie
stage-sending = Wychodzi
stage-sent = Wysłane
stage-logged = W publicznym rejestrze
stage-witnessed = Zobaczone przez świadków
stage-read = Przeczytane przez zespół
stage-answered = Jest odpowiedź
stage-done = gotowe
stage-open = jeszcze nie

## What became of it

check-title = Zobacz, co z twoim zgłoszeniem
check-label = Twój kod
check-hint = Osiem słów albo osiem grup cyfr.
check-go = Sprawdź
check-working = Twój telefon to oblicza…
check-not-yet = Twojego zgłoszenia nie ma jeszcze w rejestrze. Zgłoszenia czekają po drodze, żeby nikt nie wiedział, które jest czyje. Sprawdź znowu za kilka godzin. Jeśli po dniu go tam nie ma, wyślij je jeszcze raz.
check-older = Zgłoszeń starszych niż tydzień nie da się znaleźć na tej stronie.
check-arrived = Twoje zgłoszenie dotarło, dokładnie takie, jak przy wysłaniu.
check-old-answered = Twoje zgłoszenie dotarło, bo jest na nie odpowiedź.
check-read-by = Przeczytane przez: { $desks }
check-no-answer = Nie ma jeszcze odpowiedzi.
answer-from = Odpowiedź od: { $desk }
check-holder = Kto ma twój kod, też może przeczytać odpowiedzi.
check-witnesses = { $count ->
    [one] Sprawdzone w twoim telefonie. Potwierdza to { $count } świadek. Stan: { $when }.
    [few] Sprawdzone w twoim telefonie. Potwierdzają to { $count } świadkowie. Stan: { $when }.
    [many] Sprawdzone w twoim telefonie. Potwierdza to { $count } świadków. Stan: { $when }.
   *[other] Sprawdzone w twoim telefonie. Potwierdza to { $count } świadka. Stan: { $when }.
}

## What it cannot do

limits-title = Czego ta strona nie potrafi
limits-visit = Nie ukryje, że ją otwierasz, ani jak długo tu jesteś.
limits-history = Nie wyczyści historii twojej przeglądarki. Użyj okna prywatnego.
limits-server = Nie ochroni cię przed komputerem, z którego pochodzi, jeśli ten oszukuje.
limits-words = Nie ukryje tego, co piszesz o sobie.
limits-again = Nie ukryje cię, jeśli zgłaszasz coś raz za razem.
limits-tor = Przeglądarka Tor ukrywa, że tu jesteś. Otwórz w niej swój link.
limits-client = Program na komputer ukrywa, kiedy coś zgłaszasz. Zapytaj swoją organizację o „brolly”.

## When something goes wrong

error-broken = Ta strona się zepsuła. Skopiuj swoje słowa w bezpieczne miejsce, zamknij stronę i otwórz swój link jeszcze raz.
error-memory = Twój telefon ma za mało wolnej pamięci. Zamknij inne programy i spróbuj jeszcze raz.
error-loading = Nie udało się wczytać całej strony. Czy telefon ma internet? Otwórz swój link jeszcze raz.
error-invitation-not-a-link = To nie jest cały link. Skopiuj go w całości, od https://.
error-invitation-damaged = Brakuje części linku albo jest zmieniona. Poproś o niego jeszcze raz albo zeskanuj obrazek.
error-invitation-version = Ten link jest do nowszej strony. Zapytaj swoją organizację, gdzie ona jest.
error-invitation-elsewhere = Ten link należy do innego adresu: { $first }.
error-invitation-elsewhere-go = Przejdź tam
error-invitation-revoked = Twój link już nie działa. Poproś swoją organizację o nowy. Twój tekst wciąż tu jest i nic nie zostało wysłane.
error-not-an-entry = Ten komputer już nie bierze udziału. Poproś swoją organizację o nowy link. Nic nie zostało wysłane.
error-relay-away = Strona nie może się połączyć ze swoim komputerem. Czy telefon ma internet? Sama spróbuje jeszcze raz. Nic z twojego tekstu nie zginęło.
error-relay-busy = Komputer tej strony nie ma teraz miejsca. Strona sama spróbuje jeszcze raz. Nic z twojego tekstu nie zginęło.
error-clock-wrong = Zegar w twoim telefonie źle chodzi. Ustaw datę i godzinę. Nic z twojego tekstu nie zginęło i nic nie zostało wysłane.
error-directory-stale = To, co ten komputer mówi o tym, kto bierze udział, jest za stare. Spójrz na datę w swoim telefonie: czy jest dobra? Jeśli tak, powiedz o tym swojej organizacji. Nic z twojego tekstu nie zginęło i nic nie zostało wysłane.
error-clock-off = Zegar w twoim telefonie źle chodzi. Ustaw datę i godzinę, kiedy możesz.
error-directory-refused = Nie można ufać temu, co ten komputer mówi o tym, kto bierze udział. Nic nie zostało wysłane. Powiedz o tym swojej organizacji.
error-log-shrunk = Ten komputer jest kilka minut do tyłu. Strona sama spróbuje jeszcze raz. Nic z twojego tekstu nie zginęło.
error-log-forked = Ten komputer pokazuje różnym osobom różne rzeczy. Nic nie jest wysyłane. Od razu powiedz o tym swojej organizacji, inną drogą.
error-incomplete = Strona nie mogła dostać wszystkiego, czego potrzebuje. Sama spróbuje jeszcze raz. Nic z twojego tekstu nie zginęło. Jeśli to się nie skończy, powiedz o tym swojej organizacji.
error-quota = Dzisiaj wysłano za dużo z linku twojej organizacji. Strona sama spróbuje jeszcze raz. Powiedz o tym swojej organizacji.
error-not-ready = Strona nie ma jeszcze tego, czego potrzebuje. Nie zamykaj jej. Sama ruszy dalej.
error-alerts-none = Ostrzeżeń jeszcze tu nie ma. Poczekaj chwilę i nie zamykaj strony.
error-alerts-damaged = Nie udało się odczytać ostrzeżeń. Otwórz swój link jeszcze raz.
error-logs-none = Rejestru jeszcze tu nie ma. Poczekaj chwilę i nie zamykaj strony, a potem spróbuj jeszcze raz.
error-code-count = Kod ma osiem słów albo osiem grup po cztery cyfry. Ten ma tyle: { $count }.
error-code-word = Słowo { $place } nie jest słowem z kodu. Czy chodzi o „{ $nearest }”?
error-code-group = Grupa { $place } musi być między 0000 a 2047.
error-code-checksum = Jedno ze słów jest złe. Spójrz na swój zapis.
error-lookup-nothing = Wpisz numer telefonu, numer rejestracyjny, imię lub nazwę użytkownika.
error-lookup-too-long = To jest za długie. Wpisz jeden numer, jedno imię lub jedną nazwę użytkownika.
error-silent = Powiedz, proszę, co się stało. Wystarczy kilka słów. Wszystko inne może zostać puste.
error-too-long = { $over ->
    [one] Całość jest za długa o { $over } literę. Skróć to: „{ $what }”. Nic nie zostało ucięte.
    [few] Całość jest za długa o { $over } litery. Skróć to: „{ $what }”. Nic nie zostało ucięte.
    [many] Całość jest za długa o { $over } liter. Skróć to: „{ $what }”. Nic nie zostało ucięte.
   *[other] Całość jest za długa o { $over } litery. Skróć to: „{ $what }”. Nic nie zostało ucięte.
}
error-contact-too-long = { $over ->
    [one] To, jak się z tobą skontaktować, jest za długie o { $over } literę.
    [few] To, jak się z tobą skontaktować, jest za długie o { $over } litery.
    [many] To, jak się z tobą skontaktować, jest za długie o { $over } liter.
   *[other] To, jak się z tobą skontaktować, jest za długie o { $over } litery.
}
error-no-room-for-photo = { $over ->
    [one] Przez długi tekst nie ma miejsca na zdjęcie. Skróć to o { $over } literę: „{ $what }”. Albo zrezygnuj ze zdjęcia.
    [few] Przez długi tekst nie ma miejsca na zdjęcie. Skróć to o { $over } litery: „{ $what }”. Albo zrezygnuj ze zdjęcia.
    [many] Przez długi tekst nie ma miejsca na zdjęcie. Skróć to o { $over } liter: „{ $what }”. Albo zrezygnuj ze zdjęcia.
   *[other] Przez długi tekst nie ma miejsca na zdjęcie. Skróć to o { $over } litery: „{ $what }”. Albo zrezygnuj ze zdjęcia.
}
error-date = Tego dnia jeszcze nie było albo takiego dnia nie ma. Wybierz inny albo zostaw puste.
error-number = Wpisz liczbę od 0 do 255 albo zostaw puste.
error-no-desk = Tutaj nie ma: { $role }. Odpowiedz tam „nie” albo sprawdź okolicę.
error-no-key = { $desk } nie może w tym tygodniu przyjmować zgłoszeń. Wyślij później albo odpowiedz tam „nie”.
error-outbox-full = Na tej stronie czeka już dość zgłoszeń. Nie zamykaj jej, aż wyjdą, a potem wyślij to.
error-photo-heic = To obraz HEIC, którego ta przeglądarka nie odczyta. Zrób zrzut ekranu i wyślij ten zrzut.
error-photo-pdf = To PDF. Otwórz go, zrób zrzut ekranu i wyślij ten zrzut.
error-photo-video = To film. Zatrzymaj go w ważnym miejscu, zrób zrzut ekranu i wyślij ten zrzut.
error-photo-moving = Ten obraz się rusza. Zrób zrzut ekranu i wyślij ten zrzut.
error-photo-document = To dokument. Otwórz go, zrób zrzut ekranu i wyślij ten zrzut.
error-photo-unknown = To nie jest zdjęcie, które można tu odczytać. Zrób zrzut ekranu i wyślij ten zrzut.
error-photo-damaged = To zdjęcie jest uszkodzone. Zrób zrzut ekranu i wyślij ten zrzut.
error-photo-too-large = To zdjęcie jest za duże. Zrób zrzut ekranu i wyślij ten zrzut.
error-photo-does-not-fit = Tego zdjęcia nie da się dość zmniejszyć. Skróć tekst albo zrezygnuj ze zdjęcia.
error-photo-hidden = Twoja przeglądarka nie pozwala stronie zobaczyć zdjęcia. W przeglądarce Tor zezwól tej stronie na „canvas”. Albo zrezygnuj ze zdjęcia.
part-offenders = co mówisz o osobach
part-vehicles = co mówisz o pojazdach
part-harm = jakie szkody to wyrządziło
