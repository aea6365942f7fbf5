package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;

/**
 * The upstream that keeps something, and what it was shown: another account of the same provider does not see it. Outlives the
 * configuration in which it was made.
 *
 * @param upstream name of the upstream
 * @param credential what the upstream was shown
 */
public record ResourceHome(String upstream, Credential credential) {}
