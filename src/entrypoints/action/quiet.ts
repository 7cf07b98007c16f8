// The first thing to be loaded. Where DEBUG is set, which is common in CI, a library under simple-git prints all that git
// reads and is given, Secrets and tokens included, past the one gate for output.
delete process.env.DEBUG
