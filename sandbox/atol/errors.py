"""Errors of the register, as its protocol numbers them: {"error":{"error_id":…,"code":…,"text":…,"type":…}}."""

import uuid
from typing import Any

# code: (HTTP status, status of the document, text)
SYSTEM: dict[int, tuple[int, str | None, str]] = {
    0: (400, None, "Неизвестная ошибка обработки"),
    1: (400, None, "Сервер не смог обработать входной чек"),
    10: (401, None, "Не распознан токен запроса"),
    11: (401, None, "Переданный токен не активен"),
    12: (401, None, "Неверный логин или пароль"),
    13: (400, None, "Ошибка валидации входящего запроса"),
    14: (403, None, "Пользователь заблокирован"),
    20: (401, None, "Код группы, указанный в запросе, не соответствует токену"),
    21: (401, None, "Код группы не поддерживает данную версию протокола"),
    30: (400, "fail", "Передан некорректный UUID"),
    31: (400, None, "Операция не поддерживается"),
    32: (400, "fail", "Ошибка валидации входного чека"),
    33: (400, "wait", "В системе существует чек с таким external_id и group_code"),
    34: (200, "wait", "Состояние чека не найдено. Попробуйте позднее"),
    40: (400, None, "Некорректный запрос"),
    41: (415, None, "Некорректный Content-Type"),
    50: (500, None, "Ошибка сервера. Обратитесь к администратору"),
}
# Why a document that was taken was not registered: "<type>:<code>".
OF_DOCUMENTS = {
    "timeout:1": "Превышено время ожидания чека в очереди",
    "driver:-3800": "Нет денег для выплаты",
    "driver:3896": "Смена превысила 24 часа",
}


class UnableToServe(Exception):
    """What the caller gets instead of an answer."""

    def __init__(self, code: int, more: str = "", **said: Any) -> None:
        status, state, text = SYSTEM[code]
        super().__init__(text)
        self.http_status = status
        self.body = {
            **said,
            **({"status": state} if state else {}),
            "error": error(code, f"{text}: {more}" if more else text, "system"),
        }


def error(code: int, text: str, kind: str) -> dict[str, Any]:
    return {"error_id": str(uuid.uuid4()), "code": code, "text": text, "type": kind}
