// Forwarding: orders of a business, taken in, kept in order by key, and handed to every unit that has
// their code.
//
// Rules (Rules/) import nothing. Store/ has the orders' feed, the tables and the book in the writer; Service/
// translates. Of Numbers it uses only how a failing store is told to a client.
