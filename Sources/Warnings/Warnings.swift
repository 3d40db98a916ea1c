// Warnings: what is reported of a business and counted of it, rules that look at it, the warnings that they
// raise, and what is done about them.
//
// Rules (Rules/ folders) import nothing. Store/ has the tables, the services translate. It knows Numbers by
// the functions of NumberState: readings, stops.
