### unreviewed

## Everywhere

page-title = Notas
language-name = Português
language = Língua
unreviewed = Ainda ninguém reviu esta tradução. Algumas palavras podem estar erradas.
exit = Sair já
exit-hint = «Sair já» abre uma página sobre o tempo. Carregar três vezes em Escape faz o mesmo.
back = Voltar
next = Seguinte
yes = Sim
no = Não
error-no-wasm = Este navegador é demasiado antigo para esta página. Atualize-o ou use outro, como o Firefox ou o Chrome.
danger = Está em perigo agora? Ligue { $number }.
drill = Isto é só um treino. Aqui ninguém é anónimo. Não escreva nada verdadeiro.
veiled = A página está tapada. Não se perdeu nada.
veiled-open = Mostrar outra vez
idle-warning = Há algum tempo que ninguém toca em nada. Esta página vai limpar-se sozinha dentro de um minuto.
idle-stay = Não limpar
cleared = Esta página foi limpa. Não ficou nada nela.
reopen = Para começar de novo, abra outra vez o link do seu projeto.

## Beginning

home-title = O que quer fazer?
home-warnings = Ler alertas
home-lookup = Procurar um número ou um nome
home-report = Contar o que aconteceu
home-check = Ver o que foi feito do seu relato
home-limits = O que esta página não consegue fazer
home-unsent = O seu relato ainda está aqui. Deixe esta página aberta até ele sair.
home-progress = Onde está o seu relato
home-near = Alertas perto de si
home-more = Todos os alertas ({ $count })
home-draft = Continuar o que estava a escrever
fetching = Os alertas mais novos vêm a caminho. Já pode começar.
fetched = Alertas até { $when }.
other-entry = Se isto continuar, abra a página noutro endereço: { $address }
invitation-title = Abra o seu link
invitation-label = O link do seu projeto
invitation-hint = O seu projeto deu-lhe um link ou uma imagem para ler com a câmara. Abra esse link outra vez ou cole-o aqui.
invitation-go = Abrir o link

## Warnings

warnings-title = Alertas
warnings-area = Só para esta zona
warnings-area-hint = Por exemplo LS2. A escolha é feita no seu telemóvel e não é enviada.
warnings-none = Agora não há aqui nenhum alerta. Isso não quer dizer que seja seguro.
warnings-count = { $count ->
    [one] { $count } alerta
   *[other] { $count } alertas
}
warnings-old = { $count ->
    [one] Estes alertas têm { $count } dia. Faltam os mais novos.
   *[other] Estes alertas têm { $count } dias. Faltam os mais novos.
}
warnings-damaged = { $count ->
    [one] Não foi possível ler { $count } alerta. Peça um link novo ao seu projeto.
   *[other] Não foi possível ler { $count } alertas. Peça um link novo ao seu projeto.
}
warning-area-none = Sem zona
warning-sent = Enviado em { $day }
warning-until = Vale até { $day }
warning-words-gone = O texto é demasiado antigo para estar aqui. O seu projeto pode dizer-lhe mais.
warning-exercise = Um exercício, não um alerta
warning-test = Um teste. Não faça caso.
notice-from = Notícias de { $desk }, { $day }
severity-extreme = Perigo extremo
severity-severe = Muito perigo
severity-moderate = Algum perigo
severity-minor = Pouco perigo
severity-unknown = Não se sabe se é muito perigoso
certainty-observed = aconteceu
certainty-likely = provável
certainty-possible = possível
certainty-unlikely = pouco provável
certainty-unknown = não se sabe se é certo
urgency-immediate = aja já
urgency-expected = aja dentro de uma hora
urgency-future = aja em breve
urgency-past = já passou
urgency-unknown = não se sabe com que pressa
kind-phone = Telefone
kind-email = E-mail
kind-plate = Matrícula
kind-name = Nome
kind-handle = Nome de utilizador
kind-other = Outro

## Checking a number

lookup-title = Procurar um número ou um nome
lookup-label = Número de telefone, matrícula, nome ou nome de utilizador
lookup-hint = O seu telemóvel procura sozinho. Ninguém fica a saber o que procura.
lookup-go = Procurar
lookup-none = Não se encontrou nada nos alertas desde { $day }. Isso não quer dizer que ele seja de confiança.
lookup-found = { $count ->
    [one] { $count } alerta coincide.
   *[other] { $count } alertas coincidem.
}
lookup-best = { $count } alertas coincidem. Estes são os { $shown } melhores. Escreva mais para ver menos.
reason-same-number = O mesmo número
reason-same-plate = A mesma matrícula
reason-same-plate-lookalikes = A mesma matrícula, se O for 0 ou I for 1
reason-same-handle = O mesmo nome de utilizador
reason-same-name = O mesmo nome
reason-same-beginning = O mesmo começo. Leia o alerta para ver o resto.
reason-number-ends = O número acaba no que escreveu
reason-number-nearly = Quase o mesmo número: muda um algarismo
reason-number-contains = O que escreveu faz parte do número
reason-plate-contains = O que escreveu faz parte da matrícula
reason-plate-part = O alerta tem uma parte desta matrícula
reason-plate-nearly = Quase a mesma matrícula: muda uma letra ou um algarismo
reason-name-part = Uma parte do nome é igual
reason-name-nearly = O nome escreve-se quase da mesma maneira
reason-name-sounds = O nome soa quase igual
reason-name-part-alike = Uma parte do nome parece ou soa igual
reason-handle-contains = Um nome de utilizador faz parte do outro
reason-handle-nearly = O nome de utilizador escreve-se quase da mesma maneira

## Telling what happened

begin-title = Antes de começar
begin-nothing-sent = Nada é enviado até carregar em «Enviar agora», no fim.
begin-leave-out = Pode saltar todas as perguntas menos uma: o que aconteceu.
begin-kept = As suas palavras não ficam guardadas em lado nenhum. Se fechar esta página antes de enviar, perdem-se.
begin-quick = Quem vigiar a sua ligação consegue ver quanto tempo fica aqui. Escreva primeiro num lugar seguro e copie para aqui. Assim não precisa de ficar muito tempo.
begin-go = Começar
step = Pergunta { $now } de { $all }
question-narrative = O que aconteceu?
hint-narrative = Escreva muito ou pouco, como quiser, com as suas palavras e na sua língua.
length-left = { $count ->
    [one] Há espaço para mais { $count } letra.
   *[other] Há espaço para mais { $count } letras.
}
length-over = { $count ->
    [one] { $count } letra a mais. Encurte o texto para o enviar. Nada é cortado.
   *[other] { $count } letras a mais. Encurte o texto para o enviar. Nada é cortado.
}
question-source = Aconteceu consigo?
source-first-hand = Sim, comigo
source-relayed = Não, alguém me contou
source-for-somebody-else = Trabalho num serviço de apoio e escrevo por outra pessoa
question-kinds = O que foi?
hint-choose = Escolha tudo o que se aplica.
kinds-rape = Violação
kinds-sexual-assault = Agressão sexual
kinds-assault = Bater ou magoar
kinds-robbery = Roubo
kinds-threats = Ameaças
kinds-stalking = Perseguição
kinds-condom-removal = Tirar o preservativo
kinds-covert-filming = Filmar às escondidas
kinds-non-payment = Não pagar
kinds-attempted = Tentaram, mas não aconteceu
kinds-suspicious = Algo não parecia bem
question-date = Em que dia?
question-part-of-day = A que altura do dia?
part-of-day-morning = De manhã
part-of-day-afternoon = À tarde
part-of-day-evening = Ao fim do dia
part-of-day-night = À noite
question-area = Em que zona?
hint-area = A primeira metade do código postal, como LS2, ou o nome da zona. Não a sua morada.
question-setting = Em que tipo de lugar?
setting-street = Na rua
setting-indoor = Num lugar fechado, onde trabalho
setting-outcall = Em casa dele ou num hotel
setting-online = Na internet
choose-none = Prefiro não dizer
question-people = O que sabe sobre quem fez isto?
question-people-more = O que sabe sobre a pessoa { $number }?
hint-people = Escolha o que sabe. Depois só há perguntas sobre isso.
add-person = Havia outra pessoa?
question-vehicles = Havia um carro ou outro veículo? O que sabe sobre ele?
question-vehicles-more = O que sabe sobre o veículo { $number }?
add-vehicle = Havia outro veículo?
question-harm = Quer dizer mais alguma coisa?
person = Pessoa { $number }
vehicle = Veículo { $number }
names = Nomes que a pessoa usava
sex = Homem, mulher ou outro
age = Idade
age-from = No mínimo
age-to = No máximo
ethnicity = Origem étnica
height = Altura
build = Tipo de corpo
hair = Cabelo
eyes = Olhos
marks = Tatuagens, cicatrizes ou outras marcas
accent = Sotaque ou língua
clothing = Roupa
behaviour = Como se comportou a pessoa
phone = Número de telefone da pessoa
email = E-mail da pessoa
username = Nome de utilizador da pessoa, e em que site
advert = Anúncio da pessoa
payment = Como a pessoa pagou, ou a quem
registration = Matrícula, ou parte dela
make = Marca
model = Modelo
colour = Cor
features = Algo que ajude a reconhecê-lo
occupants = Quantas pessoas iam lá dentro
weapon = Uma arma
injuries = Ferimentos
medical-help = Ajuda de um médico
evidence-kept = Coisas guardadas como prova
hint-list = Se forem vários, ponha vírgulas entre eles.
question-photo = Tem uma fotografia para enviar?
hint-photo = Só se envia o que se vê nela. Vai vê-la primeiro, tal como é enviada.
photo-camera = Tirar uma fotografia
photo-gallery = Escolher uma fotografia
photo-working = A fotografia está a ser preparada…
photo-sent-so = É assim que é enviada. Vê-se uma cara, um quarto ou um papel que diga quem é?
photo-alt = A sua fotografia, tal como será enviada
photo-size = { $width } por { $height } pontos, { $size } KB
photo-removed = Foi tirado dela:
photo-clean = Não havia nada escondido nela.
photo-remove = Não a enviar
removed-position = onde foi tirada
removed-time = quando foi tirada
removed-camera = que telemóvel ou câmara a tirou
removed-caption = um nome ou uma legenda
removed-thumbnail = uma cópia pequena de antes de ser cortada
removed-xmp = notas do programa que a mudou
removed-comment = um comentário
removed-text = texto dentro do ficheiro
removed-colour-profile = um perfil de cor
removed-trailer = algo por trás da imagem
removed-other = outras coisas escondidas
question-own = O que poderia dizer quem é?
hint-own = O seu telemóvel procura isso depois no que escreveu. Isto nunca é enviado.
own-names = Os seus nomes
own-phones = Os seus números de telefone
own-emails = Os seus e-mails
own-addresses = A sua rua ou código postal
findings-title = Palavras que podem dizer quem é
findings-none = Não se encontrou nada parecido com o seu nome, número ou morada. Leia tudo mais uma vez.
findings-hint = Alguma palavra sublinhada é sobre si? Tire-a. O número ou a morada dele devem ficar.
finding-phone = parece um número de telefone
finding-email = parece um e-mail
finding-address = parece uma morada
finding-name = parece um nome
finding-own = é seu
finding-line = «{ $text }» { $why }
take-out = Tirar
put-back = Pôr de volta

## Who may see it

consent-title = Quem pode ver?
consent-scheme = A equipa que trata dos relatos ({ $desk }) vê sempre tudo. Nunca fica a saber quem escreveu.
consent-members-alert = O que contou pode servir para avisar outras pessoas que fazem este trabalho?
consent-police = A equipa da polícia ({ $desk }) pode ler? Não fica a saber quem escreveu.
consent-police-contact = A polícia pode saber como falar consigo?
consent-specialist = A equipa especial da zona ({ $desk }) pode ler?
consent-project = O seu projeto ({ $desk }) pode ler? Vai saber que foi escrito por alguém que faz parte dele.
consent-contact = Como pode a polícia falar consigo?
hint-contact = Só a equipa da polícia pode ler isto.
consent-if-yes = Se disser que sim:
consent-if-no = Se disser que não:
sees-all = { $desk } vê tudo, menos como falar consigo.
sees-contact = { $desk } vê tudo, e como falar consigo.
sees-nothing = { $desk } não vê nada, e não consegue saber que escreveu.
sees-none-here = { $role }: aqui não há.
members-see = Outras pessoas que fazem este trabalho podem ser avisadas.
members-see-not = Outras pessoas que fazem este trabalho não são avisadas.
relays-see = Os computadores no caminho não veem nada, nem sequer que há um relato.
project-knows = O seu projeto vai saber que foi escrito por alguém que faz parte dele.
role-scheme = A equipa que trata dos relatos
role-police = A equipa da polícia
role-specialist = A equipa especial da zona
role-project = O seu projeto
silent-days = { $count ->
    [one] Não lê relatos há { $count } dia. Se for urgente, use também outro meio.
   *[other] Não lê relatos há { $count } dias. Se for urgente, use também outro meio.
}
silent-window = Não leu relatos nos últimos dias. Se for urgente, use também outro meio.
question-reply = Quer uma resposta?
reply-no = Não
reply-whenever = Sim, quando houver tempo
reply-soon = Sim, assim que alguém puder

## Looking it over

preview-title = Veja se está tudo bem
preview-said = Isto é tudo o que é enviado
preview-desks = Quem vai ver
preview-change = Mudar «{ $what }»
preview-risk = O que alguém poderia descobrir
risk-watch = Alguém que vigie todas as ligações e tenha na mão o registo e a equipa da polícia acertaria em quem escreveu isto cerca de 1 vez em { $visit }.
risk-stay = Consegue ver quanto tempo esta página está aberta. O programa para computador esconde isso.
risk-linked = Se se souber que dois relatos daqui são da mesma pessoa, saberiam que foi você.
risk-code = Recebe um código. Quem o tiver pode mostrar que foi você quem escreveu isto. Guarde-o só para si.
wait-title = Quanto tempo demora
wait-known = Metade dos relatos chega em menos de { $half }. Quase todos chegam em menos de { $most }.
wait-unknown = Ainda ninguém sabe dizer quanto tempo demora. Podem ser horas.
wait-urgent = Se precisar de alguém mais depressa, ligue { $number } numa emergência, ou para { $project }, ou para a linha de ajuda de { $scheme }.
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
    [one] { $count } dia
   *[other] { $count } dias
}
send = Enviar agora
sending = Está a ser selado…

## The code

receipt-title = O seu código
receipt-why = Com este código pode ver mais tarde se o seu relato chegou e ler respostas. Só é mostrado agora e não fica guardado em lado nenhum.
receipt-words = Em palavras
receipt-digits = Em números
receipt-either = As palavras e os números são o mesmo código. Basta um deles.
receipt-keep = Escreva-o onde ninguém veja, ou decore-o. Não faça uma captura de ecrã.
receipt-next = Já o tenho
practise-title = Já o tem?
practise-hint = Escreva estas duas palavras do seu código.
practise-word = Palavra { $number }
practise-check = Experimentar
practise-right = As duas estão certas.
practise-wrong = Não é isso. Veja o código mais uma vez.
practise-skip = Continuar sem experimentar
practise-show = Mostrar o código outra vez

## While it waits

waiting-title = Onde está o seu relato
waiting-unsent = O seu relato ainda não saiu. Deixe esta página aberta. Metade sai em menos de { $half }, quase todos em menos de { $most }.
waiting-close = Se tiver de fechar a página agora, ela ainda tenta enviar o seu relato ao fechar.
waiting-gone = O seu relato saiu. Pode fechar esta página.
waiting-later = Veja outra vez com o seu código daqui a umas horas. Se não estiver lá passado um dia, escreva-o de novo.
waiting-unsure = Não é certo que o seu relato tenha sido recebido. Não é enviado duas vezes, porque dois iguais apontariam para si. Veja amanhã com o seu código.
stage-waiting = Selado no seu telemóvel
stage-sending = A sair
stage-sent = Enviado
stage-logged = No registo público
stage-witnessed = Visto por testemunhas
stage-read = Lido pela equipa
stage-answered = Respondido
stage-done = feito
stage-open = ainda não

## What became of it

check-title = Ver o que foi feito do seu relato
check-label = O seu código
check-hint = Oito palavras, ou oito grupos de números.
check-go = Ver
check-working = O seu telemóvel está a calcular…
check-not-yet = O seu relato ainda não está no registo. Os relatos esperam pelo caminho, para que ninguém saiba de quem é cada um. Veja outra vez daqui a umas horas. Se não estiver lá passado um dia, envie-o de novo.
check-older = Os relatos com mais de uma semana não se encontram nesta página.
check-arrived = O seu relato chegou, tal como o enviou.
check-old-answered = O seu relato chegou, porque teve resposta.
check-read-by = Lido por: { $desks }
check-no-answer = Ainda não há resposta.
answer-from = Resposta de { $desk }
check-holder = Quem tiver o seu código também pode ler as respostas.
check-witnesses = { $count ->
    [one] Verificado no seu telemóvel, com a palavra de { $count } testemunha, até { $when }.
   *[other] Verificado no seu telemóvel, com a palavra de { $count } testemunhas, até { $when }.
}

## What it cannot do

limits-title = O que esta página não consegue fazer
limits-visit = Não consegue esconder que a abriu, nem quanto tempo fica.
limits-history = Não consegue apagar o histórico do seu navegador. Use uma janela privada.
limits-server = Não consegue proteger contra o computador de onde vem, se ele fizer batota.
limits-words = Não consegue esconder o que escreve sobre si.
limits-again = Não consegue esconder quem envia relatos vezes sem conta.
limits-tor = O navegador Tor esconde que esteve aqui. Abra nele o seu link.
limits-client = O programa para computador esconde quando envia relatos. Peça o «brolly» ao seu projeto.

## When something goes wrong

error-broken = Esta página avariou. Copie as suas palavras para um lugar seguro, feche a página e abra o seu link outra vez.
error-memory = O seu telemóvel tem pouca memória livre. Feche outros programas e tente outra vez.
error-loading = Não foi possível carregar a página toda. O seu telemóvel tem internet? Abra o seu link outra vez.
error-invitation-not-a-link = Isto não é um link inteiro. Copie-o todo, a partir de https://.
error-invitation-damaged = Falta uma parte do link, ou mudou. Peça-o outra vez ou leia a imagem com a câmara.
error-invitation-version = Este link é para uma página mais nova. Pergunte ao seu projeto onde está.
error-invitation-elsewhere = Este link é de outro endereço: { $first }.
error-invitation-elsewhere-go = Ir para lá
error-invitation-revoked = O seu link já não serve. Peça um novo ao seu projeto. O que escreveu ainda está aqui, e nada foi enviado.
error-not-an-entry = Este computador já não participa. Peça um link novo ao seu projeto. Nada foi enviado.
error-relay-away = A página não consegue chegar ao computador dela. O seu telemóvel tem internet? Ela tenta outra vez sozinha. Não se perdeu nada do que escreveu.
error-relay-busy = O computador por trás desta página não tem lugar agora. A página tenta outra vez sozinha. Não se perdeu nada do que escreveu.
error-clock-wrong = O relógio do seu telemóvel está errado. Acerte a data e a hora. Não se perdeu nada do que escreveu, e nada foi enviado.
error-directory-stale = O que este computador diz sobre quem participa é demasiado antigo. Veja a data no seu telemóvel: está certa? Se estiver, diga ao seu projeto. Não se perdeu nada do que escreveu, e nada foi enviado.
error-clock-off = O relógio do seu telemóvel está errado. Acerte a data e a hora quando puder.
error-directory-refused = Não se pode confiar no que este computador diz sobre quem participa. Nada foi enviado. Diga ao seu projeto.
error-log-shrunk = Este computador está uns minutos atrasado. A página tenta outra vez sozinha. Não se perdeu nada do que escreveu.
error-log-forked = Este computador mostra coisas diferentes a pessoas diferentes. Nada é enviado. Diga já ao seu projeto, por outro meio.
error-incomplete = A página não conseguiu obter tudo o que precisa. Tenta outra vez sozinha. Não se perdeu nada do que escreveu. Se isto continuar, diga ao seu projeto.
error-quota = Hoje foi enviado demasiado com o link do seu projeto. A página tenta outra vez sozinha. Diga ao seu projeto.
error-not-ready = A página ainda não tem o que precisa. Deixe-a aberta. Ela continua sozinha.
error-alerts-none = Os alertas ainda não estão aqui. Deixe a página aberta um momento.
error-alerts-damaged = Não foi possível ler os alertas. Abra o seu link outra vez.
error-logs-none = O registo ainda não está aqui. Deixe a página aberta um momento e tente outra vez.
error-code-count = Um código tem oito palavras, ou oito grupos de quatro algarismos. Este tem { $count }.
error-code-word = A palavra { $place } não é de um código. Queria dizer «{ $nearest }»?
error-code-group = O grupo { $place } tem de estar entre 0000 e 2047.
error-code-checksum = Uma das palavras está errada. Veja o que escreveu no papel.
error-lookup-nothing = Escreva um número de telefone, uma matrícula, um nome ou um nome de utilizador.
error-lookup-too-long = Isto é demasiado comprido. Escreva só um número, uma matrícula, um nome ou um nome de utilizador.
error-silent = Por favor, diga o que aconteceu. Bastam umas palavras. Tudo o resto pode ficar vazio.
error-too-long = { $over ->
    [one] No total há { $over } letra a mais. Encurte isto: «{ $what }». Nada foi cortado.
   *[other] No total há { $over } letras a mais. Encurte isto: «{ $what }». Nada foi cortado.
}
error-contact-too-long = { $over ->
    [one] O texto sobre como falar consigo tem { $over } letra a mais.
   *[other] O texto sobre como falar consigo tem { $over } letras a mais.
}
error-no-room-for-photo = { $over ->
    [one] As suas palavras não deixam espaço para a fotografia. Tire { $over } letra daqui: «{ $what }». Ou desista da fotografia.
   *[other] As suas palavras não deixam espaço para a fotografia. Tire { $over } letras daqui: «{ $what }». Ou desista da fotografia.
}
error-date = Esse dia ainda não chegou ou não existe. Escolha outro ou deixe vazio.
error-number = Escreva um número de 0 a 255 ou deixe vazio.
error-no-desk = Aqui não há: { $role }. Responda «não» aí ou veja se a zona está certa.
error-no-key = { $desk } não pode receber relatos esta semana. Envie mais tarde ou responda «não» aí.
error-outbox-full = Já esperam relatos suficientes nesta página. Deixe-a aberta até saírem e envie este depois.
error-photo-heic = Isto é uma imagem HEIC, que este navegador não consegue ler. Faça uma captura de ecrã e envie essa.
error-photo-pdf = Isto é um PDF. Abra-o, faça uma captura de ecrã e envie essa.
error-photo-video = Isto é um filme. Pare-o onde importa, faça uma captura de ecrã e envie essa.
error-photo-moving = Esta imagem mexe-se. Faça uma captura de ecrã e envie essa.
error-photo-document = Isto é um documento. Abra-o, faça uma captura de ecrã e envie essa.
error-photo-unknown = Isto não é uma fotografia que se possa ler aqui. Faça uma captura de ecrã e envie essa.
error-photo-damaged = Esta fotografia está estragada. Faça uma captura de ecrã e envie essa.
error-photo-too-large = Esta fotografia é demasiado grande. Faça uma captura de ecrã e envie essa.
error-photo-does-not-fit = Não é possível tornar esta fotografia suficientemente pequena. Encurte as suas palavras ou desista dela.
error-photo-hidden = O seu navegador não deixa a página ver a fotografia. No navegador Tor, permita «canvas» para esta página. Ou desista da fotografia.
part-offenders = o que diz sobre pessoas
part-vehicles = o que diz sobre veículos
part-harm = o mal que isto lhe fez
