"""The demo's people: who they are, what they bought, when they paid. Names, phones and addresses are made up."""

from dataclasses import dataclass

from django.conf import settings

from abonent.core.profile_places import Text


@dataclass(frozen=True)
class Person:
    """One sign-in of the demo and the contracts it opens."""

    name: str  # of the password: "demo-<name>"
    full_name: str
    given_name: str
    contracts: tuple[str, ...]
    story: Text
    phone: str
    email: str
    legal: bool = False
    inn: str = ""
    kpp: str = ""
    registered_address: str = ""

    @property
    def password(self) -> str:
        return f"demo-{self.name}"


CAST = (
    Person(
        "anna", "Соколова Анна Сергеевна", "Анна", ("100001",),
        Text(ru="интернет и ТВ помесячно, оплачено", en="internet and TV by the month, paid"),
        "+79160000001", "anna@example.test",
    ),
    Person(
        "boris", "Лебедев Борис Ильич", "Борис", ("100002",),
        Text(ru="приостановлен: не хватило на месяц", en="suspended: the balance did not cover the month"),
        "+79160000002", "boris@example.test",
    ),
    Person(
        "vera", "Котова Вера Павловна", "Вера", ("100003",),
        Text(ru="посуточно, частный дом", en="charged by the day, a private house"),
        "+79160000003", "vera@example.test",
    ),
    Person(
        "romashka", "ООО «Ромашка»", "", ("100004",),
        Text(ru="организация, кредитный лимит", en="a company with a credit limit"),
        "+79160000004", "office@romashka.test", legal=True, inn="5042001238", kpp="504201001",
        registered_address="141300, Московская область, г. Сергиев Посад, ул. Ромашковая, д. 7, офис 12",
    ),
    Person(
        "gleb", "Орлов Глеб Андреевич", "Глеб", ("100005",),
        Text(ru="только что подписал: ждёт первое пополнение", en="has just signed: waits for the first top-up"),
        "+79160000005", "gleb@example.test",
    ),
    Person(
        "daria", "Миронова Дарья Олеговна", "Дарья", ("100006", "100007"),
        Text(ru="два договора в одном входе", en="two contracts in one sign-in"),
        "+79160000006", "daria@example.test",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Worker:
    """One of the demo's staff; the name is that of the role too."""

    name: str
    story: Text
    password: str = "demo-staff"


WORKERS = (
    Worker("manager", Text(ru="заявки, договоры, абоненты", en="requests, contracts, subscribers")),
    Worker("support", Text(ru="звонки и обращения", en="calls and questions")),
    Worker("cashier", Text(ru="касса в офисе", en="the cash desk of the office")),
    Worker("engineer", Text(ru="выезды и сеть", en="visits and the network")),
    Worker("accountant", Text(ru="деньги и документы", en="money and documents")),
    Worker("admin", Text(ru="всё и права сотрудников", en="everything, and who may what")),
)
STAFF = tuple(one.name for one in WORKERS)
STAFF_PASSWORD = "demo-staff"


def lines(language: str = "ru") -> list[str]:
    """The cast as `serve` prints it: contract, password, story."""
    return [f"{' / '.join(person.contracts):<17} {person.password:<14} {person.story.get(language)}" for person in CAST]


def shown() -> tuple[Person, ...]:
    """Who stands on the sign-in page: the cast in the sandbox, nobody elsewhere."""
    return CAST if settings.SANDBOX else ()


def staff_shown() -> tuple[Worker, ...]:
    """Who stands on the staff's sign-in page: the demo's staff in the sandbox, nobody elsewhere."""
    return WORKERS if settings.SANDBOX else ()
