from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "abonent.onboarding"
    label = "onboarding"
