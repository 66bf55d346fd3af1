"""`abonent password CONTRACT`: a new password for a caller whom one of the staff has identified by his answers."""

import argparse

from rich.console import Console

HELP = "questions that identify a caller, and a new password for him"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("contract", metavar="CONTRACT", help="its number")
    parser.add_argument("--by", required=True, metavar="NAME", help="who of the staff asks")
    parser.add_argument(
        "--answered", metavar="WHAT", help="what was answered rightly: name,address,phone…; or document"
    )
    parser.add_argument("--why", default="", metavar="TEXT", help="the request, for the record")


def run(args: argparse.Namespace) -> int:
    """Without --answered: the questions with their answers. With it: the password, shown this once."""
    from abonent.core import audit, clock, db
    from abonent.flows import issue_letter
    from abonent.identity import permissions, queries
    from abonent.subscribers.models import Contract

    who = queries.staff_by_name(args.by)
    granted = who.role.permissions if who is not None and who.role is not None else ()
    if who is None or not permissions.may(granted, permissions.ISSUE_PASSWORDS):
        return _refuse(f"«{args.by}» may not issue passwords: give the name of one of the staff whose role may")
    contract = Contract.objects.filter(number=args.contract).first()
    if contract is None:
        return _refuse(f"there is no contract {args.contract}")
    if args.answered is None:
        with db.atomic():
            audit.record(
                actor=args.by, action="backoffice.look", subject=f"contract:{contract.pk}", why=args.why or "password"
            )
        for one in issue_letter.questions(contract.pk):
            console.print(f"{one.asked:<14}{one.answer}", markup=False)
        return 0
    try:
        answered = [issue_letter.Asked(word.strip()) for word in args.answered.split(",")]
        letter = issue_letter.issue(
            contract_id=contract.pk, answered=answered, actor=args.by, why=args.why, address=None, at=clock.now()
        )
    except ValueError:
        return _refuse(f"--answered is a list of: {', '.join(issue_letter.Asked)}")
    except issue_letter.NotIdentified:
        return _refuse(f"{issue_letter.LEAST_ANSWERS} right answers at least, or the document; ask more")
    except issue_letter.NoSignIn:
        return _refuse("nobody signs in by that contract: it is closed")
    console.print(f"{letter.full_name}\ncontract  {letter.number}\npassword  {letter.password}", markup=False)
    return 0


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
