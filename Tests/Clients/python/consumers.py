"""Those who consume the orders of a unit."""

import queue

from attendance import Stream, seconds
from api import forwarding as f
from orders import put_intake


class Consumer(Stream):
    """Takes deliveries, and settles them when it is told to."""

    def __init__(self, client, business, unit="erp", name="c", credits=100):
        self._requests = queue.Queue()
        self._waiting = []
        self._position = 0
        self.say(attach=f.Attachment(business=business, unit=unit, consumer=name, credits=credits))
        super().__init__(client.stub("Consume")(iter(self._requests.get, None)))
        self.settings = self.next().attached.consumption

    def say(self, **fields):
        self._requests.put(f.ConsumeRequest(**fields))

    def take(self, count=1, within=10):
        """The next deliveries."""
        while len(self._waiting) < count:
            self._waiting += self.next(within).deliveries.deliveries
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def settle(self, acks=(), nacks=(), extensions=()):
        """What was refused, by token; a nack is a delivery with its delay and reason."""
        self._position += 1
        self.say(settle=f.Settlement(
            position=self._position, acks=[one.token for one in acks],
            nacks=[f.Nack(token=one.token, delay=seconds(delay), reason=reason) for one, delay, reason in nacks],
            extensions=[f.Extension(token=one.token, duration=seconds(by)) for one, by in extensions]))
        while True:
            response = self.next()
            if response.HasField("settled"):
                assert response.settled.position == self._position
                return {one.token: one.reason for one in response.settled.refused}
            self._waiting += response.deliveries.deliveries

    def ack(self, *deliveries):
        assert not self.settle(acks=deliveries)

    def nack(self, *deliveries, delay=0, reason="no"):
        assert not self.settle(nacks=[(one, delay, reason) for one in deliveries])

    def has_more(self):
        """Whether there is a delivery, after all that was handed out before this call."""
        self.settle(acks=[f.Delivery(token=1)])
        return bool(self._waiting)

    def leave(self):
        self._requests.put(None)
        assert self.end() is None


def numbers(deliveries):
    return [one.order.order.number for one in deliveries]


def consumption(deadline=30, attempts=5, waits=False, breaker=-1):
    policy = f.DEAD_LETTER_POLICY_KEY_WAITS if waits else f.DEAD_LETTER_POLICY_KEY_GOES_ON
    return f.ConsumptionSettings(
        ack_deadline=seconds(deadline), max_attempts=attempts, dead_letter_policy=policy, breaker_failures=breaker,
        queue_bound=100_000, overflow_policy=f.OVERFLOW_POLICY_QUEUE)


def set_up(client, business, unit="erp", codes=("A",), **settings):
    """An intake, and a unit whose orders are consumed."""
    put_intake(client, business)
    return put_consuming(client, business, unit, codes, **settings)


def put_consuming(client, business, unit="erp", codes=("A",), **settings):
    return client.PutUnit(
        unit=f.Unit(business=business, name=unit, codes=codes, consumption=consumption(**settings))).unit


def unit_of(client, business, name="erp"):
    return next(one for one in client.ListUnits(business=business).units if one.name == name)


def dead_letters(client, business, unit="erp", **fields):
    return list(client.ListDeadLetters(business=business, unit=unit, **fields).dead_letters)
