// Numbers: pools, the generator, the locker and its leases, order counters.
