"""How this installation charges: the profile's policies as the rules ask for them."""

from django.conf import settings

from abonent.billing import rules


def in_force() -> rules.Policy:
    return rules.Policy(settings.PROFILE.billing_cycle, settings.PROFILE.proration_days)
