/** The body of a request: read without blocking, kept within one budget of memory, and handed to upstreams. */
@NullMarked
package io.llmproxy.proxy.body;

import org.jspecify.annotations.NullMarked;
