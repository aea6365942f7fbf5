/** The keys that clients show us, and the credentials that we show upstreams. Knows the configuration only. */
@NullMarked
package io.llmproxy.auth;

import org.jspecify.annotations.NullMarked;
