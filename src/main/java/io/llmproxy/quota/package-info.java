/**
 * How much keys, and the scopes that they belong to, may use in a time: reserved before a request is served, settled with what it has
 * used. Knows the configuration only.
 */
@NullMarked
package io.llmproxy.quota;

import org.jspecify.annotations.NullMarked;
