"""Shorthands for what nearly every test does."""

import time

from api import allocation, locking, money, uuid7

HOLDER = "checkout-1"


def request_id():
    return uuid7(time.time_ns() // 1_000_000)


def make_pool(client, business, template="SO{serial:6}", **settings):
    pool = allocation.Pool(business=business, template=template, **settings)
    return client.CreatePool(pool=pool, request_id=request_id()).pool


def allocate(client, business, count=1, holder=HOLDER, **fields):
    fields.setdefault("request_id", request_id())
    return client.Allocate(business=business, count=count, holder=holder, **fields)


def completion(number, amount=None):
    return locking.Completion(number=number.number, token=number.token, amount=amount)


def complete(client, business, numbers, amount=None, holder=HOLDER, **fields):
    fields.setdefault("request_id", request_id())
    return client.Complete(
        business=business, holder=holder, completions=[completion(number, amount) for number in numbers], **fields
    )


def release(client, business, numbers, reason="", holder=HOLDER, **fields):
    fields.setdefault("request_id", request_id())
    return client.Release(
        business=business,
        holder=holder,
        releases=[locking.NumberRelease(number=number.number, token=number.token) for number in numbers],
        reason=reason,
        **fields,
    )


def counter(client, business):
    return client.GetCounter(business=business).counter


def yuan(fen):
    return money.Money(currency_code="CNY", amount_minor=fen)


def check_counter(counter):
    """The two sums that proto/locking promises at every moment."""
    assert counter.allocated == counter.live + counter.completed + counter.released + counter.expired
