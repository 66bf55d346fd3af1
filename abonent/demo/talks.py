"""What the cast has talked of with the operator: conversations in every state, and the letters of three months."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from abonent.conversations.models import Kind, Topic
from abonent.core import clock, db
from abonent.demo import cast
from abonent.identity.models import User
from abonent.notifications import inbox
from abonent.subscribers import queries as subscribers
from abonent.support import answering, operators, talking

READ_BEFORE = timedelta(days=6)  # older letters have been read

_DAY = db.read_sql(__file__, "talks_letters")
_READ = "update conversations_conversation set read_by_visitor = last_sequence where kind = 'notice' and last_at < %s"
NAMES = {"support": "Мария", "manager": "Елена", "engineer": "Олег", "admin": "Сергей"}


@dataclass(frozen=True)
class Story:
    """One conversation: who asks what, who answers, and how it stands."""

    who: str  # of the cast; or a guest's name
    kind: Kind
    topic: Topic
    days_ago: int
    said: tuple[str, ...]  # by turns: the visitor, then the operator
    subject: str = ""
    about: str = ""
    operator: str = ""  # nobody has taken it yet
    note: str = ""
    mark: int = 0  # closed, with this mark
    contact: str = ""


STORIES = (
    Story(
        "anna", Kind.CHAT, Topic.TECHNICAL, 9,
        ("Добрый вечер! Интернет вечером стал медленнее, по Wi-Fi 40 Мбит/с вместо 300.",
         "Здравствуйте, Анна! Линия до вашего порта чистая, скорость на порту полная. Подключите, пожалуйста, "
         "компьютер кабелем: что покажет замер?",
         "По кабелю 290.",
         "Значит, дело в Wi-Fi. Переключите роутер на 5 ГГц и 36-й канал: в 2,4 ГГц вечером шумят соседи.",
         "Переключила, теперь 260. Спасибо!"),
        operator="support", note="Роутер старый, предложить замену при случае", mark=5,
    ),
    Story(
        "boris", Kind.REQUEST, Topic.FINANCE, 3,
        ("Почему отключили, я же платил в октябре?",
         "Здравствуйте, Борис! На 1 ноября на счёте не хватило до месячной платы: расчёт открывается в «Истории». "
         "Если удобно, есть «Отложенный платёж»: услуга включится сразу."),
        about="Приостановлен с 1 ноября", operator="support",
    ),
    Story(
        "romashka", Kind.MAIL, Topic.FINANCE, 1,
        ("Добрый день! Пришлите, пожалуйста, акт сверки за третий квартал и счёт на декабрь.",),
        subject="Акт сверки за III квартал",
    ),
    Story(
        "vera", Kind.CHAT, Topic.GENERAL, 0,
        ("Здравствуйте! Уезжаем на две недели. Можно, чтобы деньги в это время не списывались?",),
    ),
    Story(
        "daria", Kind.CHAT, Topic.CONNECTION, 0,
        ("Хочу подключить камеру на даче ко второму договору, это возможно?",
         "Здравствуйте, Дарья! Да, на вашей линии есть «Видеонаблюдение». Сейчас проверю, сколько портов свободно."),
        operator="support",
    ),
    Story(
        "Пётр Ильич", Kind.CHAT, Topic.CONNECTION, 0,
        ("Дом 31 по Парусному уже подключён? Сколько ждать мастера?",),
        contact="petr@example.test",
    ),
)  # fmt: skip


def letters_of_day(after_id: int, at: datetime) -> int:
    """Keep as letters what was queued after that notice; give the last one's number."""
    found = db.rows(_DAY, {"after": after_id})
    inbox.keep(found, at)
    return max((row["id"] for row in found), default=after_id)


def make(now: datetime) -> None:
    """The conversations, at their days; the last ones a few minutes ago."""
    db.run(_READ, [now - READ_BEFORE])
    users = {one.username: one for one in User.objects.filter(username__in=NAMES)}
    for name, shown in NAMES.items():
        with db.atomic():
            operators.set_shown(users[name], name=shown, topics=[], at=now)
    for minutes, story in enumerate(reversed(STORIES)):
        evening = now - timedelta(days=story.days_ago) + timedelta(hours=19 - clock.local(now).hour)
        _tell(story, users, evening if story.days_ago else now - timedelta(minutes=2 + minutes))


def _tell(story: Story, users: dict[str, User], at: datetime) -> None:
    person = next((one for one in cast.CAST if one.name == story.who), None)
    contract = None
    if person is not None:
        user = User.objects.get(username=person.contracts[0])
        contract = subscribers.contracts_of(user.pk)[0]
    wish = talking.Wish(
        client_id=f"demo-{story.who}-{story.days_ago}",
        kind=story.kind,
        topic=story.topic,
        text=story.said[0],
        subject=story.subject,
        about=story.about,
        contract=contract,
        guest_name="" if person else story.who,
        guest_contact=story.contact,
    )
    begun = talking.begin(wish, at).conversation
    if not story.operator:
        return
    me = operators.of(users[story.operator], at)
    name = talking.visitor_name(contract, story.who)
    for turn, text in enumerate(story.said[1:], 1):
        when, client_id = at + timedelta(minutes=turn), f"demo:{turn}"
        if turn % 2:
            answering.say(begun, me, client_id=client_id, text=text, at=when)
        else:
            talking.say(begun, client_id=client_id, text=text, sent=(), name=name, at=when)
    last = at + timedelta(minutes=len(story.said) + 1)
    if story.note:
        answering.note(begun.pk, me, client_id="demo:note", text=story.note, at=last)
    if story.mark:
        talking.see(begun, 99, last)
        answering.close(begun.pk, me, last)
        talking.give_mark(begun, story.mark)
