### The page's words, in English: the language that all others are translated from.
### For somebody who is nine years old, or tired, or afraid: short words, short sentences, no blame.

## Everywhere

page-title = Notes
language-name = English
language = Language
unreviewed = Nobody has checked this translation yet. Some words may be wrong.
exit = Leave now
exit-hint = “Leave now” opens a weather page. Pressing Escape three times does the same.
back = Back
next = Next
yes = Yes
no = No
error-no-wasm = This browser is too old for this page. Update it, or use another browser such as Firefox or Chrome.
danger = In danger now? Ring { $number }.
drill = This is only practice. Nobody is anonymous here. Do not write anything true.
veiled = The page is covered. Nothing is lost.
veiled-open = Show it again
idle-warning = Nothing has been touched for a while. This page will clear itself in one minute.
idle-stay = Do not clear it
cleared = This page was cleared. Nothing is left on it.
reopen = To begin again, open the link from your project once more.

## Beginning

home-title = What would you like to do?
home-warnings = Read warnings
home-lookup = Check a number or name
home-report = Tell what happened
home-check = See what became of your report
home-limits = What this page cannot do
home-unsent = Your report is still here. Keep this page open until it has gone.
home-progress = How far your report is
home-near = Warnings near you
home-more = All warnings ({ $count })
home-draft = Go on with what you were writing
fetching = The newest warnings are on their way. You can start already.
fetched = Warnings as of { $when }.
other-entry = If this goes on, open the page at another address: { $address }
invitation-title = Open your link
invitation-label = Your project’s link
invitation-hint = Your project gave you a link or a picture to scan. Open that link again, or paste it here.
invitation-go = Open it

## Warnings

warnings-title = Warnings
warnings-area = Only for this area
warnings-area-hint = Such as LS2. The choice is made on your phone and is not sent.
warnings-none = There is no warning here now. That does not mean it is safe.
warnings-count = { $count ->
    [one] { $count } warning
   *[other] { $count } warnings
}
warnings-old = { $count ->
    [one] These warnings are { $count } day old. Newer ones are missing.
   *[other] These warnings are { $count } days old. Newer ones are missing.
}
warnings-damaged = { $count ->
    [one] { $count } warning could not be read. Ask your project for a new link.
   *[other] { $count } warnings could not be read. Ask your project for a new link.
}
warning-area-none = No area given
warning-sent = Sent { $day }
warning-until = Counts until { $day }
warning-words-gone = The words are too old to be here. Your project can tell you more.
warning-exercise = An exercise, not a warning
warning-test = A test. Take no notice.
notice-from = News from { $desk }, { $day }
severity-extreme = Extreme danger
severity-severe = Great danger
severity-moderate = Some danger
severity-minor = Little danger
severity-unknown = Nobody knows how dangerous
certainty-observed = it happened
certainty-likely = likely
certainty-possible = possible
certainty-unlikely = not likely
certainty-unknown = nobody knows how sure
urgency-immediate = act at once
urgency-expected = act within the hour
urgency-future = act soon
urgency-past = over
urgency-unknown = nobody knows how soon
kind-phone = Phone
kind-email = E-mail
kind-plate = Number plate
kind-name = Name
kind-handle = User name
kind-other = Other

## Checking a number

lookup-title = Check a number or name
lookup-label = Phone number, number plate, name or user name
lookup-hint = Your phone looks by itself. Nobody is told what you look for.
lookup-go = Look
lookup-none = Nothing was found in the warnings since { $day }. That does not mean he is safe.
lookup-found = { $count ->
    [one] { $count } warning fits.
   *[other] { $count } warnings fit.
}
lookup-best = { $count } warnings fit. These are the best { $shown }. Type more to see fewer.
reason-same-number = The same number
reason-same-plate = The same number plate
reason-same-plate-lookalikes = The same number plate, if O is 0 or I is 1
reason-same-handle = The same user name
reason-same-name = The same name
reason-same-beginning = The same beginning. Read the warning for the rest.
reason-number-ends = The number ends in what you typed
reason-number-nearly = Nearly the same number: one digit differs
reason-number-contains = What you typed is part of the number
reason-plate-contains = What you typed is part of the number plate
reason-plate-part = The warning has part of this number plate
reason-plate-nearly = Nearly the same number plate: one letter or digit differs
reason-name-part = Part of the name is the same
reason-name-nearly = The name is spelt nearly the same
reason-name-sounds = The name sounds nearly the same
reason-name-part-alike = Part of the name looks or sounds alike
reason-handle-contains = One user name is part of the other
reason-handle-nearly = The user name is spelt nearly the same

## Telling what happened

begin-title = Before you begin
begin-nothing-sent = Nothing is sent until you press “Send it now” at the end.
begin-leave-out = You can leave out every question but one: what happened.
begin-kept = Your words are kept nowhere. If you close this page before you send, they are gone.
begin-quick = Somebody who watches your line can see how long you stay. Write it down somewhere safe first, and copy it here. Then you need not stay long.
begin-go = Begin
step = Question { $now } of { $all }
question-narrative = What happened?
hint-narrative = Write as much or as little as you like, in your own words and language.
length-left = { $count ->
    [one] Room for { $count } more letter.
   *[other] Room for { $count } more letters.
}
length-over = { $count ->
    [one] { $count } letter too many. Make it shorter to send it. Nothing is cut off.
   *[other] { $count } letters too many. Make it shorter to send it. Nothing is cut off.
}
question-source = Did it happen to you?
source-first-hand = Yes, to me
source-relayed = No, somebody told me
source-for-somebody-else = I am a support worker and write for somebody
question-kinds = What was it?
hint-choose = Choose all that fit.
kinds-rape = Rape
kinds-sexual-assault = Sexual assault
kinds-assault = Hitting or hurting
kinds-robbery = Robbery
kinds-threats = Threats
kinds-stalking = Stalking
kinds-condom-removal = Taking the condom off
kinds-covert-filming = Filming in secret
kinds-non-payment = Not paying
kinds-attempted = They tried, but it did not happen
kinds-suspicious = Something felt wrong
question-date = On which day?
question-part-of-day = At what time of day?
part-of-day-morning = In the morning
part-of-day-afternoon = In the afternoon
part-of-day-evening = In the evening
part-of-day-night = At night
question-area = In which area?
hint-area = The first half of the postcode, such as LS2, or the name of the area. Not your address.
question-setting = In what kind of place?
setting-street = On the street
setting-indoor = Indoors, where I work
setting-outcall = At his place or a hotel
setting-online = Online
choose-none = I would rather not say
question-people = What do you know about who did it?
question-people-more = What do you know about person { $number }?
hint-people = Choose what you know. You are then asked for just that.
add-person = Was there another person?
question-vehicles = Was there a car or other vehicle? What do you know about it?
question-vehicles-more = What do you know about vehicle { $number }?
add-vehicle = Was there another vehicle?
question-harm = Do you want to say more?
person = Person { $number }
vehicle = Vehicle { $number }
names = Names they used
sex = Man, woman or other
age = Age
age-from = At least
age-to = At most
ethnicity = Ethnic group
height = Height
build = Build
hair = Hair
eyes = Eyes
marks = Tattoos, scars or other marks
accent = Accent or language
clothing = Clothes
behaviour = How they behaved
phone = Their phone number
email = Their e-mail address
username = Their user name, and on which site
advert = Their advert
payment = How they paid, or to whom
registration = Number plate, or part of it
make = Make
model = Model
colour = Colour
features = Anything to know it by
occupants = How many people were in it
weapon = A weapon
injuries = Injuries
medical-help = Help from a doctor
evidence-kept = Things kept as proof
hint-list = If there are several, put commas between them.
question-photo = Do you have a photograph to send?
hint-photo = Only what can be seen in it is sent. You will see it first, just as it goes.
photo-camera = Take a photograph
photo-gallery = Choose a photograph
photo-working = The photograph is being made ready…
photo-sent-so = This is how it is sent. Is a face, a room or a paper in it that tells who you are?
photo-alt = Your photograph, as it will be sent
photo-size = { $width } by { $height } dots, { $size } kilobytes
photo-removed = Taken out of it:
photo-clean = Nothing hidden was in it.
photo-remove = Do not send it
removed-position = where it was taken
removed-time = when it was taken
removed-camera = which phone or camera took it
removed-caption = a name or caption
removed-thumbnail = a small copy from before it was cut
removed-xmp = notes of the program that changed it
removed-comment = a comment
removed-text = text in the file
removed-colour-profile = a colour profile
removed-trailer = something behind the picture
removed-other = other hidden things
question-own = What could tell who you are?
hint-own = Your phone then looks for it in what you wrote. This is never sent.
own-names = Your names
own-phones = Your phone numbers
own-emails = Your e-mail addresses
own-addresses = Your street or postcode
findings-title = Words that may tell who you are
findings-none = Nothing was found that looks like your name, number or address. Read it once more yourself.
findings-hint = Is an underlined word about you? Take it out. His number or address should stay.
finding-phone = looks like a phone number
finding-email = looks like an e-mail address
finding-address = looks like an address
finding-name = looks like a name
finding-own = is yours
finding-line = “{ $text }” { $why }
take-out = Take it out
put-back = Put it back

## Who may see it

consent-title = Who may see it?
consent-scheme = The people who look after reports ({ $desk }) always see it. They never learn who you are.
consent-members-alert = May other workers be warned with what you said?
consent-police = May the police desk ({ $desk }) read it? They do not learn who you are.
consent-police-contact = May the police know how to reach you?
consent-specialist = May the special team for the area ({ $desk }) read it?
consent-project = May your project ({ $desk }) read it? It will know that one of its members wrote it.
consent-contact = How can the police reach you?
hint-contact = Only the police desk can read this.
consent-if-yes = If you say yes:
consent-if-no = If you say no:
sees-all = { $desk } sees all of it, but not how to reach you.
sees-contact = { $desk } sees all of it, and how to reach you.
sees-nothing = { $desk } sees nothing, and cannot tell that you wrote.
sees-none-here = { $role }: there is none here.
members-see = Other workers may be warned.
members-see-not = Other workers are not warned.
relays-see = The computers on the way see nothing of it, not even that there is a report.
project-knows = Your project will know that one of its members wrote it.
role-scheme = The team that looks after reports
role-police = The police desk
role-specialist = The special team for the area
role-project = Your project
silent-days = { $count ->
    [one] It has not read reports for { $count } day. If it is urgent, reach it another way too.
   *[other] It has not read reports for { $count } days. If it is urgent, reach it another way too.
}
silent-window = It has not read reports in the last days. If it is urgent, reach it another way too.
question-reply = Would you like an answer?
reply-no = No
reply-whenever = Yes, when there is time
reply-soon = Yes, as soon as somebody can

## Looking it over

preview-title = Look it over
preview-said = This is all that is sent
preview-desks = Who will see it
preview-change = Change “{ $what }”
preview-risk = What somebody could find out
risk-watch = Somebody who watches every phone line and owns the log and the police desk would guess right who wrote this about 1 time in { $visit }.
risk-stay = They can see how long this page is open. The program for a computer hides that.
risk-linked = If two reports here are known to be by one person, they would know that it is you.
risk-code = You get a code. Whoever has it can show that you wrote this. Keep it to yourself.
wait-title = How long it takes
wait-known = Half of all reports arrive within { $half }. Nearly all arrive within { $most }.
wait-unknown = Nobody can say yet how long it takes. It may be hours.
wait-urgent = If you need somebody sooner, ring { $number } in an emergency, or { $project }, or the help line of { $scheme }.
span-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
span-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
span-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
send = Send it now
sending = It is being sealed…

## The code

receipt-title = Your code
receipt-why = With this code you can see later if your report arrived, and read answers. It is shown only now and kept nowhere.
receipt-words = As words
receipt-digits = As numbers
receipt-either = The words and the numbers are the same code. One of them is enough.
receipt-keep = Write it where nobody looks, or learn it by heart. Do not take a screenshot.
receipt-next = I have it
practise-title = Do you have it?
practise-hint = Type these two words of your code.
practise-word = Word { $number }
practise-check = Try
practise-right = Both are right.
practise-wrong = That is not it. Look at the code once more.
practise-skip = Go on without trying
practise-show = Show the code again

## While it waits

waiting-title = How far your report is
waiting-unsent = Your report has not gone yet. Keep this page open. Half go within { $half }, nearly all within { $most }.
waiting-close = If you must close the page now, it still tries to send your report as it closes.
waiting-gone = Your report has gone. You may close this page.
waiting-later = Look again with your code in a few hours. If it is not there after a day, write it once more.
waiting-unsure = It is not certain that your report was taken. It is not sent twice, because two that are alike would point at you. Look with your code tomorrow.
stage-waiting = Sealed on your phone
stage-sending = Leaving
stage-sent = Sent
stage-logged = In the public log
stage-witnessed = Seen by witnesses
stage-read = Read by the desk
stage-answered = Answered
stage-done = done
stage-open = not yet

## What became of it

check-title = See what became of your report
check-label = Your code
check-hint = Eight words, or eight groups of numbers.
check-go = Look
check-working = Your phone is working it out…
check-not-yet = Your report is not in the log yet. Reports wait on the way, so that nobody can tell whose is whose. Look again in a few hours. If it is not there after a day, send it again.
check-older = Reports older than a week cannot be found on this page.
check-arrived = Your report arrived, just as you sent it.
check-old-answered = Your report arrived, because it was answered.
check-read-by = Read by: { $desks }
check-no-answer = There is no answer yet.
answer-from = Answer from { $desk }
check-holder = Whoever has your code can read the answers too.
check-witnesses = { $count ->
    [one] Checked on your phone, with the word of { $count } witness, as of { $when }.
   *[other] Checked on your phone, with the word of { $count } witnesses, as of { $when }.
}

## What it cannot do

limits-title = What this page cannot do
limits-visit = It cannot hide that you opened it, or how long you stay.
limits-history = It cannot clear your browser’s history. Use a private window.
limits-server = It cannot protect you from the computer that serves it, if that one cheats.
limits-words = It cannot hide what you write about yourself.
limits-again = It cannot hide you if you report again and again.
limits-tor = Tor Browser hides that you were here. Open your link in it.
limits-client = The program for a computer hides when you report. Ask your project for “brolly”.

## When something goes wrong

error-broken = This page broke. Copy your words to a safe place, close the page and open your link again.
error-memory = Your phone has too little memory free. Close other programs and try again.
error-loading = The page could not be loaded whole. Is your phone online? Open your link again.
error-invitation-not-a-link = This is not a whole link. Copy all of it, from https:// on.
error-invitation-damaged = Part of the link is missing or changed. Ask for it again, or scan the picture.
error-invitation-version = This link is for a newer page. Ask your project where to find it.
error-invitation-elsewhere = This link belongs to another address: { $first }.
error-invitation-elsewhere-go = Go there
error-invitation-revoked = Your link is no longer good. Ask your project for a new one. What you wrote is still here, and nothing was sent.
error-not-an-entry = This computer no longer takes part. Ask your project for a new link. Nothing was sent.
error-relay-away = The page cannot reach its computer. Is your phone online? It tries again by itself. Nothing you wrote is lost.
error-relay-busy = The computer behind this page has no room just now. It tries again by itself. Nothing you wrote is lost.
error-clock-wrong = The clock of your phone is wrong. Set its date and time. Nothing you wrote is lost, and nothing was sent.
error-directory-stale = What this computer says about who takes part is too old. Look at the date on your phone: is it right? If it is, tell your project. Nothing you wrote is lost, and nothing was sent.
error-clock-off = The clock of your phone is wrong. Set its date and time when you can.
error-directory-refused = What this computer says about who takes part cannot be trusted. Nothing was sent. Tell your project.
error-log-shrunk = This computer is some minutes behind. The page tries again by itself. Nothing you wrote is lost.
error-log-forked = This computer shows different people different things. Nothing is sent. Tell your project at once, in another way.
error-incomplete = The page could not get all it needs. It tries again by itself. Nothing you wrote is lost. Tell your project if this goes on.
error-quota = Too much was sent with your project’s link today. The page tries again by itself. Tell your project.
error-not-ready = The page does not have what it needs yet. Keep it open. It goes on by itself.
error-alerts-none = The warnings are not here yet. Keep the page open a moment.
error-alerts-damaged = The warnings could not be read. Open your link again.
error-logs-none = The log is not here yet. Keep the page open a moment, then try again.
error-code-count = A code has eight words, or eight groups of four numbers. This has { $count }.
error-code-word = Word { $place } is not a word of a code. Did you mean “{ $nearest }”?
error-code-group = Group { $place } must be between 0000 and 2047.
error-code-checksum = One of the words is wrong. Look at what you wrote down.
error-lookup-nothing = Type a phone number, a number plate, a name or a user name.
error-lookup-too-long = This is too long. Type one number, number plate, name or user name.
error-silent = Please say what happened. A few words are enough. All else may stay empty.
error-too-long = { $over ->
    [one] All together this is { $over } letter too long. Shorten this: “{ $what }”. Nothing was cut off.
   *[other] All together this is { $over } letters too long. Shorten this: “{ $what }”. Nothing was cut off.
}
error-contact-too-long = { $over ->
    [one] How to reach you is { $over } letter too long.
   *[other] How to reach you is { $over } letters too long.
}
error-no-room-for-photo = { $over ->
    [one] Your words leave no room for the photograph. Shorten this by { $over } letter, or leave the photograph out: “{ $what }”.
   *[other] Your words leave no room for the photograph. Shorten this by { $over } letters, or leave the photograph out: “{ $what }”.
}
error-date = This is not a day that has been. Choose one, or leave it empty.
error-number = Type a number from 0 to 255, or leave it empty.
error-no-desk = There is none here: { $role }. Answer “no” there, or check the area.
error-no-key = { $desk } cannot take reports this week. Send later, or answer “no” there.
error-outbox-full = Enough reports are waiting on this page. Keep it open until they have gone, then send this one.
error-photo-heic = This is a HEIC picture, which this browser cannot read. Take a screenshot of it and send that.
error-photo-pdf = This is a PDF. Open it, take a screenshot and send that.
error-photo-video = This is a film. Stop it where it matters, take a screenshot and send that.
error-photo-moving = This picture moves. Take a screenshot of it and send that.
error-photo-document = This is a document. Open it, take a screenshot and send that.
error-photo-unknown = This is not a photograph that can be read here. Take a screenshot of it and send that.
error-photo-damaged = This photograph is damaged. Take a screenshot of it and send that.
error-photo-too-large = This photograph is too large. Take a screenshot of it and send that.
error-photo-does-not-fit = This photograph cannot be made small enough. Shorten your words, or leave it out.
error-photo-hidden = Your browser does not let the page see the photograph. In Tor Browser, allow “canvas” for this page. Or leave it out.
part-offenders = what you say about people
part-vehicles = what you say about vehicles
part-harm = what it did to you
