// Stock: what a business has of its goods, from a ledger of movements, and what to order.
//
// Rules (Rules/) import nothing. Store/ has the tables and the book in the writer; Service/ translates. Of
// Numbers it uses only how a business is named and how times are told.
