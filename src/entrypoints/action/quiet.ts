// Must be loaded first. With DEBUG set, which is common in CI, a dependency of simple-git prints all input and output of git,
// including Secrets and tokens, without redaction.
delete process.env.DEBUG
