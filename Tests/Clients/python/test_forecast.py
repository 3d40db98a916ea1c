"""The forecast over the wire: unknown without data, then when a pool runs dry. WR3."""

from api import Client, allocation, refused, warnings as w
from attendance import Stream, above, put_rule, seconds, warning_list
from clock import Clock
from conftest import connect
from pools import allocate, make_pool
from server import Server, eventually

BUSINESS = "shop"


def forecast(client, what="stock"):
    return getattr(client.GetForecast(business=BUSINESS), what)


def wait_for_a_look(client, name):
    """Nothing shows by itself that the server has looked before there is a forecast; a rule that what it sees breaks does."""
    put_rule(client, BUSINESS, name=name, kind=w.SIGNAL_KIND_REMAINING_IN_POOL, condition=above(1, 0))
    assert eventually(lambda: name in [warning.rule for warning in warning_list(client, BUSINESS)], 20), name


def test_no_data_is_unknown(client, business):
    make_pool(client, business)
    answer = client.GetForecast(business=business)
    for part in answer.stock, answer.period:
        assert part.outlook == w.OUTLOOK_UNSPECIFIED
        assert not part.HasField("exhaust_time") and not part.HasField("usual_error")
    assert not client.GetPool(business=business).pool.HasField("run_dry_time")


def test_when_a_pool_runs_dry(tmp_path):
    """Five numbers a minute for ten minutes: a stock of 100 lasts for twenty."""
    clock = Clock(tmp_path, "+0")
    with Server(tmp_path, prefix=clock.prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        # 150 serials are made at once, and no more.
        make_pool(client, BUSINESS, "{serial:4}", low_watermark=1, high_watermark=150, generation_batch=150)
        horizon = w.Condition(
            forecast=w.ForecastHorizon(raise_within=seconds(3600), clear_beyond=seconds(7200)))
        put_rule(client, BUSINESS, kind=w.SIGNAL_KIND_STOCK_EXHAUSTION, condition=horizon)
        allocate(client, BUSINESS)
        client.StopGeneration(business=BUSINESS, reason="what if")

        offset = 0
        for minutes in range(2, 14, 2):
            # The server has looked when the count of the window has changed.
            allocate(client, BUSINESS, 10)
            before = forecast(client).window_count
            offset += 120
            clock.set(f"+{offset}")
            assert eventually(
                lambda: minutes < 8 or forecast(client).window_count != before, 20), minutes
            if minutes < 8:
                wait_for_a_look(client, f"look-{minutes}")

        stock = forecast(client)
        assert stock.outlook == w.OUTLOOK_EXHAUSTED
        assert stock.remaining == client.GetPool(business=BUSINESS).pool.stock.remaining_in_pool == 89
        assert 3 / 60 < stock.rate < 7 / 60 and stock.pattern_days == 0
        assert stock.window_end_time.seconds - stock.window_start_time.seconds >= 300
        minutes_left = (stock.exhaust_time.seconds - stock.window_end_time.seconds) / 60
        assert 12 < minutes_left < 30
        assert forecast(client, "period").remaining == 9999 - 61
        assert forecast(client, "period").exhaust_time.seconds > stock.exhaust_time.seconds
        dry = client.GetPool(business=BUSINESS).pool.run_dry_time
        assert abs(dry.seconds - stock.exhaust_time.seconds) < 60
        # And the rule has warned of it.
        assert eventually(lambda: "r" in [warning.rule for warning in warning_list(client, BUSINESS)])
        server.kill()
        clock.tidy(server)
