"""A client of the Orderwire server.

    from orderwire.channel import connect
    from orderwire.feed import Feed
    from orderwire.lease import KeptLease
    from orderwire.refusal import refusal
    from orderwire.v1 import allocation_pb2, allocation_pb2_grpc

`orderwire.v1` holds the messages and stubs of every service, typed. Beside them is what every client needs sooner or
later: what a refusal says, a feed that goes on after any disconnect, and a lease that is kept alive in the background
and says for certain when it isn't.
"""
