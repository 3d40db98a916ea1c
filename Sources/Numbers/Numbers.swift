// Numbers: pools, the generator, the locker and its leases, and the counters of each pool.
//
// `Book` holds all of it in memory and decides every call there; it imports nothing, and tells a
// `NumberRows` what to write. `NumberState` is the book in the store's writer: it loads the tables
// at start and writes the rows. The services translate between messages and the book, and decide
// nothing. `Allocation` and `Locking` are two rooms of one house because handing a number out and
// marking it is one decision on one memory.
