"""The bank as one object: the store, the sender of notifications, the changes the shop is told of."""

import asyncio
import sqlite3
import weakref
from collections.abc import Callable

from sandbox.bank import cards, methods, notifications, objects, payments, refunds, shops
from sandbox.store import Store


class Bank:
    def __init__(self, store: Store, port: int, webhook_url: str | None) -> None:
        self.store = store
        self.port = port
        self.sender = notifications.Sender(store, webhook_url)
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def expire_due(self) -> None:
        """Looked at whenever payments are: nothing has to run at the hour itself."""
        now_ms = self.store.now_ms()
        if self.store.row("select 1 from payment_method where status = 'pending' and expires_ms <= ?", now_ms):
            with self.store.transaction() as sql:
                methods.expire_due(sql, now_ms)
        if not self.store.row(
            "select 1 from payment where status in ('pending', 'waiting_for_capture') and expires_ms <= ?",
            now_ms,
        ):
            return
        with self.store.transaction() as sql:
            for payment_id in payments.expire_due(sql, now_ms):
                self.tell_payment(sql, payment_id)
        self.sender.wake()

    def tell_payment(self, sql: sqlite3.Connection, payment_id: str, *, sent: bool = False) -> None:
        """Plans the notification of a payment's new state, in the transaction that made it."""
        row = payments.find(sql, payment_id)
        if row["status"] != payments.PENDING and shops.SHOPS[row["shop_id"]].notified:
            about = objects.payment(row, self.port)
            notifications.plan(
                sql, f"payment.{row['status']}", about, self.mode_of(row), self.store.now_ms(), sent=sent
            )

    def tell_refund(self, sql: sqlite3.Connection, refund_id: str) -> None:
        """Only success is told: of a canceled refund the shop learns by asking."""
        row = refunds.find(sql, refund_id)
        if row["status"] == "succeeded" and shops.SHOPS[row["shop_id"]].notified:
            how = notifications.mode(self.store)
            notifications.plan(sql, "refund.succeeded", objects.refund(row), how, self.store.now_ms(), sent=False)

    def tell_method(self, sql: sqlite3.Connection, method_id: str) -> None:
        """Only a method that works is told of: of one that was not confirmed the shop learns by asking."""
        row = methods.find(sql, method_id)
        if row["status"] == methods.ACTIVE and shops.SHOPS[row["shop_id"]].notified:
            how = notifications.mode(self.store, cards.named(row["card_name"]).webhooks)
            about = objects.saved_method(row, self.port)
            notifications.plan(sql, "payment_method.active", about, how, self.store.now_ms(), sent=False)

    def mode_of(self, payment: sqlite3.Row) -> notifications.Mode:
        """A card with a mode of its own uses it while its owner pays; other charges follow the knobs."""
        by_payer = payment["card_name"] is not None and payment["method_id"] == payment["id"]
        return notifications.mode(self.store, cards.named(payment["card_name"]).webhooks if by_payer else None)

    async def told(self, object_id: str) -> None:
        """After a change by an API call; in the mode `early` the shop hears of it before the answer."""
        self.sender.wake()
        if notifications.mode(self.store).webhooks == "early":
            await self.sender.settled(object_id)

    async def finish_method(self, method_id: str, change: Callable[[sqlite3.Connection], None]) -> None:
        """A binding is confirmed or refused by the payer. Raises what `change` raises."""
        with self.store.transaction() as sql:
            change(sql)
            self.tell_method(sql, method_id)
        self.sender.wake()

    async def finish(self, payment_id: str, change: Callable[[sqlite3.Connection], None]) -> None:
        """A change by the payer, once: who comes second finds it done. Raises what `change` raises.

        In the mode `early` the shop is told first; the change follows a moment after its answer.
        """
        async with self._locks.setdefault(payment_id, asyncio.Lock()):
            with self.store.rehearsal() as sql:
                change(sql)
                row = payments.find(sql, payment_id)
                about = objects.payment(row, self.port)
                how = self.mode_of(row)
            sent = False
            if how.webhooks == "early" and shops.SHOPS[row["shop_id"]].notified:
                answer = await self.sender.post(notifications.body(f"payment.{row['status']}", about))
                sent = answer == "200"
                await asyncio.sleep(how.early_seconds)
            with self.store.transaction() as sql:
                change(sql)
                self.tell_payment(sql, payment_id, sent=sent)
            self.sender.wake()
