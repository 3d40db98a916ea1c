// Catalog: manufacturers and goods of a business, in versions.
//
// Rules (Rules/) import nothing. Store/ has the tables and the book in the writer; Service/ translates. Of
// Numbers it uses only how a business is named and how times are told.
