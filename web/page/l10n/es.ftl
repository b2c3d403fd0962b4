### unreviewed

## Everywhere

page-title = Notas
language-name = Español
language = Idioma
unreviewed = Nadie ha revisado todavía esta traducción. Algunas palabras pueden estar mal.
exit = Salir ya
exit-hint = «Salir ya» abre una página del tiempo. Pulsar Escape tres veces hace lo mismo.
back = Atrás
next = Siguiente
yes = Sí
no = No
error-no-wasm = Este navegador es demasiado viejo para esta página. Actualízalo o usa otro, como Firefox o Chrome.
danger = ¿Estás en peligro ahora? Llama al { $number }.
drill = Esto es solo una práctica. Aquí nadie es anónimo. No escribas nada verdadero.
veiled = La página está tapada. No se ha perdido nada.
veiled-open = Mostrarla otra vez
idle-warning = Hace rato que nadie toca nada. Esta página se borrará sola en un minuto.
idle-stay = No borrarla
cleared = Esta página se borró. No queda nada en ella.
reopen = Para empezar de nuevo, abre otra vez el enlace de tu proyecto.

## Beginning

home-title = ¿Qué quieres hacer?
home-warnings = Leer alertas
home-lookup = Buscar un número o un nombre
home-report = Contar lo que pasó
home-check = Ver qué fue de tu aviso
home-limits = Lo que esta página no puede hacer
home-unsent = Tu aviso aún está aquí. Deja esta página abierta hasta que haya salido.
home-progress = Hasta dónde ha llegado tu aviso
home-near = Alertas cerca de ti
home-more = Todas las alertas ({ $count })
home-draft = Seguir con lo que estabas escribiendo
fetching = Las alertas más nuevas están llegando. Ya puedes empezar.
fetched = Alertas hasta el { $when }.
other-entry = Si esto sigue así, abre la página en otra dirección: { $address }
invitation-title = Abre tu enlace
invitation-label = El enlace de tu proyecto
invitation-hint = Tu proyecto te dio un enlace o un dibujo para escanear. Abre ese enlace otra vez o pégalo aquí.
invitation-go = Abrirlo

## Warnings

warnings-title = Alertas
warnings-area = Solo de esta zona
warnings-area-hint = Por ejemplo LS2. La elección se hace en tu teléfono y no se envía.
warnings-none = Ahora no hay ninguna alerta aquí. Eso no quiere decir que sea seguro.
warnings-count = { $count ->
    [one] { $count } alerta
   *[other] { $count } alertas
}
warnings-old = { $count ->
    [one] Estas alertas tienen { $count } día. Faltan las más nuevas.
   *[other] Estas alertas tienen { $count } días. Faltan las más nuevas.
}
warnings-damaged = { $count ->
    [one] No se pudo leer { $count } alerta. Pide un enlace nuevo a tu proyecto.
   *[other] No se pudieron leer { $count } alertas. Pide un enlace nuevo a tu proyecto.
}
warning-area-none = Sin zona
warning-sent = Enviada el { $day }
warning-until = Vale hasta el { $day }
warning-words-gone = El texto es demasiado viejo para estar aquí. Tu proyecto puede decirte más.
warning-exercise = Un ejercicio, no una alerta
warning-test = Una prueba. No hagas caso.
notice-from = Noticias de { $desk }, { $day }
severity-extreme = Peligro extremo
severity-severe = Mucho peligro
severity-moderate = Algo de peligro
severity-minor = Poco peligro
severity-unknown = No se sabe cuánto peligro hay
certainty-observed = pasó
certainty-likely = probable
certainty-possible = posible
certainty-unlikely = poco probable
certainty-unknown = no se sabe si es cierto
urgency-immediate = actúa ya
urgency-expected = actúa en la próxima hora
urgency-future = actúa pronto
urgency-past = ya pasó el peligro
urgency-unknown = no se sabe cuándo
kind-phone = Teléfono
kind-email = Correo
kind-plate = Matrícula
kind-name = Nombre
kind-handle = Usuario
kind-other = Otro

## Checking a number

lookup-title = Buscar un número o un nombre
lookup-label = Teléfono, matrícula, nombre o usuario
lookup-hint = Tu teléfono busca solo. Nadie sabe qué buscas.
lookup-go = Buscar
lookup-none = No se encontró nada en las alertas desde el { $day }. Eso no quiere decir que él sea de fiar.
lookup-found = { $count ->
    [one] Coincide { $count } alerta.
   *[other] Coinciden { $count } alertas.
}
lookup-best = Coinciden { $count } alertas. Estas son las { $shown } mejores. Escribe más para ver menos.
reason-same-number = El mismo número
reason-same-plate = La misma matrícula
reason-same-plate-lookalikes = La misma matrícula, si O es 0 o I es 1
reason-same-handle = El mismo usuario
reason-same-name = El mismo nombre
reason-same-beginning = El mismo comienzo. Lee la alerta para ver el resto.
reason-number-ends = El número termina en lo que escribiste
reason-number-nearly = Casi el mismo número: cambia una cifra
reason-number-contains = Lo que escribiste es parte del número
reason-plate-contains = Lo que escribiste es parte de la matrícula
reason-plate-part = La alerta tiene parte de esta matrícula
reason-plate-nearly = Casi la misma matrícula: cambia una letra o cifra
reason-name-part = Parte del nombre es igual
reason-name-nearly = El nombre se escribe casi igual
reason-name-sounds = El nombre suena casi igual
reason-name-part-alike = Parte del nombre se parece o suena parecido
reason-handle-contains = Un usuario es parte del otro
reason-handle-nearly = El usuario se escribe casi igual

## Telling what happened

begin-title = Antes de empezar
begin-nothing-sent = No se envía nada hasta que pulses «Enviar ahora» al final.
begin-leave-out = Puedes saltarte todas las preguntas menos una: qué pasó.
begin-kept = Lo que escribes no se guarda en ningún sitio. Si cierras esta página antes de enviar, se pierde.
begin-quick = Quien vigile tu conexión puede ver cuánto tiempo estás aquí. Escríbelo antes en un lugar seguro y cópialo aquí. Así estarás poco tiempo.
begin-go = Empezar
step = Pregunta { $now } de { $all }
question-narrative = ¿Qué pasó?
hint-narrative = Escribe mucho o poco, con tus palabras y en tu idioma.
length-left = { $count ->
    [one] Queda sitio para { $count } letra.
   *[other] Queda sitio para { $count } letras.
}
length-over = { $count ->
    [one] Sobra { $count } letra. Acórtalo para enviarlo. No se corta nada.
   *[other] Sobran { $count } letras. Acórtalo para enviarlo. No se corta nada.
}
question-source = ¿Te pasó a ti?
source-first-hand = Sí, a mí
source-relayed = No, me lo contó alguien
source-for-somebody-else = Trabajo en apoyo y escribo por otra persona
question-kinds = ¿Qué fue?
hint-choose = Elige todo lo que corresponda.
kinds-rape = Violación
kinds-sexual-assault = Agresión sexual
kinds-assault = Golpes o daño
kinds-robbery = Robo
kinds-threats = Amenazas
kinds-stalking = Acoso o persecución
kinds-condom-removal = Quitarse el condón
kinds-covert-filming = Grabar en secreto
kinds-non-payment = No pagar
kinds-attempted = Lo intentaron, pero no pasó
kinds-suspicious = Algo daba mala espina
question-date = ¿Qué día?
question-part-of-day = ¿A qué hora del día?
part-of-day-morning = Por la mañana
part-of-day-afternoon = Por la tarde
part-of-day-evening = Al anochecer
part-of-day-night = Por la noche
question-area = ¿En qué zona?
hint-area = La primera mitad del código postal, como LS2, o el nombre de la zona. No tu dirección.
question-setting = ¿En qué tipo de lugar?
setting-street = En la calle
setting-indoor = En un interior, donde trabajo
setting-outcall = En su casa o en un hotel
setting-online = En internet
choose-none = Prefiero no decirlo
question-people = ¿Qué sabes de quien lo hizo?
question-people-more = ¿Qué sabes de la persona { $number }?
hint-people = Elige lo que sabes. Después se te pregunta solo por eso.
add-person = ¿Había otra persona?
question-vehicles = ¿Había un coche u otro vehículo? ¿Qué sabes de él?
question-vehicles-more = ¿Qué sabes del vehículo { $number }?
add-vehicle = ¿Había otro vehículo?
question-harm = ¿Quieres decir algo más?
person = Persona { $number }
vehicle = Vehículo { $number }
names = Nombres que usaba
sex = Hombre, mujer u otro
age = Edad
age-from = Como mínimo
age-to = Como máximo
ethnicity = Origen étnico
height = Estatura
build = Complexión
hair = Pelo
eyes = Ojos
marks = Tatuajes, cicatrices u otras marcas
accent = Acento o idioma
clothing = Ropa
behaviour = Cómo se comportó
phone = Su número de teléfono
email = Su correo electrónico
username = Su usuario, y en qué sitio
advert = Su anuncio
payment = Cómo pagó, o a quién
registration = Matrícula, o parte de ella
make = Marca
model = Modelo
colour = Color
features = Algo para reconocerlo
occupants = Cuántas personas iban dentro
weapon = Un arma
injuries = Heridas
medical-help = Ayuda médica
evidence-kept = Cosas guardadas como prueba
hint-list = Si hay varios, sepáralos con comas.
question-photo = ¿Tienes una foto para enviar?
hint-photo = Solo se envía lo que se ve en ella. Antes la verás tal como sale.
photo-camera = Hacer una foto
photo-gallery = Elegir una foto
photo-working = Se está preparando la foto…
photo-sent-so = Así se envía. ¿Se ve una cara, una habitación o un papel que diga quién eres?
photo-alt = Tu foto, tal como se enviará
photo-size = { $width } por { $height } puntos, { $size } kilobytes
photo-removed = Se le quitó:
photo-clean = No había nada escondido en ella.
photo-remove = No enviarla
removed-position = dónde se hizo
removed-time = cuándo se hizo
removed-camera = qué teléfono o cámara la hizo
removed-caption = un nombre o un título
removed-thumbnail = una copia pequeña de antes de recortarla
removed-xmp = notas del programa que la cambió
removed-comment = un comentario
removed-text = texto dentro del archivo
removed-colour-profile = un perfil de color
removed-trailer = algo detrás de la imagen
removed-other = otras cosas escondidas
question-own = ¿Qué podría decir quién eres?
hint-own = Tu teléfono lo busca después en lo que escribiste. Esto no se envía nunca.
own-names = Tus nombres
own-phones = Tus números de teléfono
own-emails = Tus correos electrónicos
own-addresses = Tu calle o código postal
findings-title = Palabras que pueden decir quién eres
findings-none = No se encontró nada que parezca tu nombre, número o dirección. Léelo tú otra vez.
findings-hint = ¿Alguna palabra subrayada habla de ti? Quítala. El número o la dirección de él deben quedarse.
finding-phone = parece un número de teléfono
finding-email = parece un correo electrónico
finding-address = parece una dirección
finding-name = parece un nombre
finding-own = es tuyo
finding-line = «{ $text }» { $why }
take-out = Quitarlo
put-back = Volver a ponerlo

## Who may see it

consent-title = ¿Quién puede verlo?
consent-scheme = El equipo que se ocupa de los avisos ({ $desk }) siempre lo ve. Nunca sabe quién eres.
consent-members-alert = ¿Se puede avisar con lo que contaste a otras personas que hacen este trabajo?
consent-police = ¿Puede leerlo el equipo de la policía ({ $desk })? No sabrá quién eres.
consent-police-contact = ¿Puede saber la policía cómo comunicarse contigo?
consent-specialist = ¿Puede leerlo el equipo especial de la zona ({ $desk })?
consent-project = ¿Puede leerlo tu proyecto ({ $desk })? Sabrá que lo escribió alguien de los suyos.
consent-contact = ¿Cómo puede comunicarse contigo la policía?
hint-contact = Solo lo puede leer el equipo de la policía.
consent-if-yes = Si dices que sí:
consent-if-no = Si dices que no:
sees-all = { $desk } lo ve todo, menos cómo comunicarse contigo.
sees-contact = { $desk } lo ve todo, y cómo comunicarse contigo.
sees-nothing = { $desk } no ve nada, y no puede saber que escribiste.
sees-none-here = { $role }: aquí no hay.
members-see = Se puede avisar a otras personas que hacen este trabajo.
members-see-not = No se avisa a otras personas que hacen este trabajo.
relays-see = Los ordenadores del camino no ven nada, ni siquiera que hay un aviso.
project-knows = Tu proyecto sabrá que lo escribió alguien de los suyos.
role-scheme = El equipo que se ocupa de los avisos
role-police = El equipo de la policía
role-specialist = El equipo especial de la zona
role-project = Tu proyecto
silent-days = { $count ->
    [one] Hace { $count } día que no lee avisos. Si es urgente, comunícate también de otra forma.
   *[other] Hace { $count } días que no lee avisos. Si es urgente, comunícate también de otra forma.
}
silent-window = No ha leído avisos en los últimos días. Si es urgente, comunícate también de otra forma.
question-reply = ¿Quieres una respuesta?
reply-no = No
reply-whenever = Sí, cuando haya tiempo
reply-soon = Sí, lo antes posible

## Looking it over

preview-title = Revísalo
preview-said = Esto es todo lo que se envía
preview-desks = Quién lo verá
preview-change = Cambiar «{ $what }»
preview-risk = Lo que alguien podría averiguar
risk-watch = Alguien que vigile todas las conexiones y tenga el registro y el equipo de la policía acertaría quién lo escribió más o menos 1 vez de cada { $visit }.
risk-stay = Puede ver cuánto tiempo está abierta esta página. El programa para ordenador oculta eso.
risk-linked = Si se sabe que dos avisos de aquí son de la misma persona, sabría que eres tú.
risk-code = Recibes un código. Quien lo tenga puede mostrar que tú lo escribiste. Guárdalo solo para ti.
wait-title = Cuánto tarda
wait-known = La mitad de los avisos llega en menos de { $half }. Casi todos llegan en menos de { $most }.
wait-unknown = Nadie puede decir todavía cuánto tarda. Pueden ser horas.
wait-urgent = Si necesitas a alguien antes, llama al { $number } en una emergencia, o a { $project }, o a la línea de ayuda de { $scheme }.
span-seconds = { $count ->
    [one] { $count } segundo
   *[other] { $count } segundos
}
span-minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
span-hours = { $count ->
    [one] { $count } hora
   *[other] { $count } horas
}
span-days = { $count ->
    [one] { $count } día
   *[other] { $count } días
}
send = Enviar ahora
sending = Se está sellando…

## The code

receipt-title = Tu código
receipt-why = Con este código puedes ver después si tu aviso llegó y leer respuestas. Se muestra solo ahora y no se guarda en ningún sitio.
receipt-words = En palabras
receipt-digits = En números
receipt-either = Las palabras y los números son el mismo código. Basta con uno de los dos.
receipt-keep = Escríbelo donde nadie mire, o apréndetelo de memoria. No hagas una captura de pantalla.
receipt-next = Ya lo tengo
practise-title = ¿Lo tienes?
practise-hint = Escribe estas dos palabras de tu código.
practise-word = Palabra { $number }
practise-check = Probar
practise-right = Las dos están bien.
practise-wrong = No es así. Mira el código otra vez.
practise-skip = Seguir sin probar
practise-show = Mostrar el código otra vez

## While it waits

waiting-title = Hasta dónde ha llegado tu aviso
waiting-unsent = Tu aviso todavía no ha salido. Deja esta página abierta. La mitad sale en menos de { $half }, casi todos en menos de { $most }.
waiting-close = Si tienes que cerrar la página ahora, intenta enviarlo al cerrarse.
waiting-gone = Tu aviso ha salido. Puedes cerrar esta página.
waiting-later = Mira otra vez con tu código dentro de unas horas. Si en un día no está, escríbelo de nuevo.
waiting-unsure = No es seguro que tu aviso se haya recibido. No se envía dos veces, porque dos iguales te señalarían. Mira mañana con tu código.
stage-waiting = Sellado en tu teléfono
stage-sending = Saliendo
stage-sent = Enviado
stage-logged = En el registro público
stage-witnessed = Visto por testigos
stage-read = Leído por el equipo
stage-answered = Respondido
stage-done = hecho
stage-open = todavía no

## What became of it

check-title = Ver qué fue de tu aviso
check-label = Tu código
check-hint = Ocho palabras, u ocho grupos de números.
check-go = Mirar
check-working = Tu teléfono lo está calculando…
check-not-yet = Tu aviso todavía no está en el registro. Los avisos esperan por el camino, para que nadie sepa cuál es de quién. Mira otra vez dentro de unas horas. Si en un día no está, envíalo de nuevo.
check-older = Los avisos de hace más de una semana no se encuentran en esta página.
check-arrived = Tu aviso llegó, tal como lo enviaste.
check-old-answered = Tu aviso llegó, porque tiene respuesta.
check-read-by = Lo ha leído: { $desks }
check-no-answer = Todavía no hay respuesta.
answer-from = Respuesta de { $desk }
check-holder = Quien tenga tu código también puede leer las respuestas.
check-witnesses = { $count ->
    [one] Comprobado en tu teléfono, con la palabra de { $count } testigo, hasta el { $when }.
   *[other] Comprobado en tu teléfono, con la palabra de { $count } testigos, hasta el { $when }.
}

## What it cannot do

limits-title = Lo que esta página no puede hacer
limits-visit = No puede ocultar que la abriste, ni cuánto tiempo estás en ella.
limits-history = No puede borrar el historial de tu navegador. Usa una ventana privada.
limits-server = No puede protegerte del ordenador que la sirve, si ese hace trampa.
limits-words = No puede ocultar lo que escribes sobre ti.
limits-again = No puede ocultarte si avisas una y otra vez.
limits-tor = El navegador Tor oculta que estuviste aquí. Abre tu enlace en él.
limits-client = El programa para ordenador oculta cuándo avisas. Pide «brolly» a tu proyecto.

## When something goes wrong

error-broken = Esta página se rompió. Copia tus palabras a un lugar seguro, cierra la página y abre tu enlace otra vez.
error-memory = Tu teléfono tiene poca memoria libre. Cierra otros programas y prueba otra vez.
error-loading = No se pudo cargar la página entera. ¿Tiene conexión tu teléfono? Abre tu enlace otra vez.
error-invitation-not-a-link = Esto no es un enlace entero. Cópialo todo, desde https://.
error-invitation-damaged = Falta una parte del enlace o ha cambiado. Pídelo otra vez o escanea el dibujo.
error-invitation-version = Este enlace es para una página más nueva. Pregunta a tu proyecto dónde está.
error-invitation-elsewhere = Este enlace es de otra dirección: { $first }.
error-invitation-elsewhere-go = Ir allí
error-invitation-revoked = Tu enlace ya no vale. Pide uno nuevo a tu proyecto. Lo que escribiste sigue aquí y no se envió nada.
error-not-an-entry = Este ordenador ya no participa. Pide un enlace nuevo a tu proyecto. No se envió nada.
error-relay-away = La página no alcanza su ordenador. ¿Tiene conexión tu teléfono? Lo intenta otra vez sola. No se pierde nada de lo que escribiste.
error-relay-busy = El ordenador de esta página no tiene sitio ahora. La página lo intenta otra vez sola. No se pierde nada de lo que escribiste.
error-clock-wrong = El reloj de tu teléfono está mal. Ajusta la fecha y la hora. No se pierde nada de lo que escribiste y no se envió nada.
error-directory-stale = Lo que este ordenador dice sobre quién participa es demasiado viejo. Mira la fecha de tu teléfono: ¿está bien? Si está bien, díselo a tu proyecto. No se pierde nada de lo que escribiste y no se envió nada.
error-clock-off = El reloj de tu teléfono está mal. Ajusta la fecha y la hora cuando puedas.
error-directory-refused = No se puede confiar en lo que este ordenador dice sobre quién participa. No se envió nada. Díselo a tu proyecto.
error-log-shrunk = Este ordenador lleva unos minutos de retraso. La página lo intenta otra vez sola. No se pierde nada de lo que escribiste.
error-log-forked = Este ordenador muestra cosas distintas a personas distintas. No se envía nada. Díselo a tu proyecto enseguida, por otro medio.
error-incomplete = La página no pudo conseguir todo lo que necesita. Lo intenta otra vez sola. No se pierde nada de lo que escribiste. Si sigue así, díselo a tu proyecto.
error-quota = Hoy se envió demasiado con el enlace de tu proyecto. La página lo intenta otra vez sola. Díselo a tu proyecto.
error-not-ready = La página aún no tiene lo que necesita. Déjala abierta. Sigue sola.
error-alerts-none = Las alertas aún no están aquí. Deja la página abierta un momento.
error-alerts-damaged = No se pudieron leer las alertas. Abre tu enlace otra vez.
error-logs-none = El registro aún no está aquí. Deja la página abierta un momento y prueba otra vez.
error-code-count = Un código tiene ocho palabras, u ocho grupos de cuatro números. Este tiene { $count }.
error-code-word = La palabra { $place } no es de un código. ¿Querías decir «{ $nearest }»?
error-code-group = El grupo { $place } tiene que estar entre 0000 y 2047.
error-code-checksum = Una de las palabras está mal. Mira lo que apuntaste.
error-lookup-nothing = Escribe un teléfono, una matrícula, un nombre o un usuario.
error-lookup-too-long = Esto es demasiado largo. Escribe un solo teléfono, matrícula, nombre o usuario.
error-silent = Di qué pasó, por favor. Bastan unas palabras. Todo lo demás puede quedar vacío.
error-too-long = { $over ->
    [one] En total sobra { $over } letra. Acorta esto: «{ $what }». No se cortó nada.
   *[other] En total sobran { $over } letras. Acorta esto: «{ $what }». No se cortó nada.
}
error-contact-too-long = { $over ->
    [one] En cómo comunicarse contigo sobra { $over } letra.
   *[other] En cómo comunicarse contigo sobran { $over } letras.
}
error-no-room-for-photo = { $over ->
    [one] Tus palabras no dejan sitio para la foto. Acorta esto en { $over } letra: «{ $what }». O quita la foto.
   *[other] Tus palabras no dejan sitio para la foto. Acorta esto en { $over } letras: «{ $what }». O quita la foto.
}
error-date = Ese día aún no ha llegado o no existe. Elige otro o déjalo vacío.
error-number = Escribe un número de 0 a 255 o déjalo vacío.
error-no-desk = Aquí no hay: { $role }. Contesta «no» ahí o revisa la zona.
error-no-key = { $desk } no puede recibir avisos esta semana. Envíalo más tarde o contesta «no» ahí.
error-outbox-full = Ya esperan bastantes avisos en esta página. Déjala abierta hasta que salgan y envía después este.
error-photo-heic = Es una imagen HEIC y este navegador no la puede leer. Haz una captura de pantalla y envía esa.
error-photo-pdf = Es un PDF. Ábrelo, haz una captura de pantalla y envía esa.
error-photo-video = Es un vídeo. Páralo donde importa, haz una captura de pantalla y envía esa.
error-photo-moving = Esta imagen se mueve. Haz una captura de pantalla y envía esa.
error-photo-document = Es un documento. Ábrelo, haz una captura de pantalla y envía esa.
error-photo-unknown = Esto no es una foto que se pueda leer aquí. Haz una captura de pantalla y envía esa.
error-photo-damaged = Esta foto está dañada. Haz una captura de pantalla y envía esa.
error-photo-too-large = Esta foto es demasiado grande. Haz una captura de pantalla y envía esa.
error-photo-does-not-fit = Esta foto no se puede hacer lo bastante pequeña. Acorta tus palabras o quítala.
error-photo-hidden = Tu navegador no deja que la página vea la foto. En el navegador Tor, permite «canvas» para esta página. O quítala.
part-offenders = lo que dices de las personas
part-vehicles = lo que dices de los vehículos
part-harm = lo que te hizo
