/** The credentials that upstreams are shown. Knows the configuration only. */
@NullMarked
package io.llmproxy.auth;

import org.jspecify.annotations.NullMarked;
