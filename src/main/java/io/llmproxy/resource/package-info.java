/** What upstreams keep for clients, and which of them keeps what. */
@NullMarked
package io.llmproxy.resource;

import org.jspecify.annotations.NullMarked;
