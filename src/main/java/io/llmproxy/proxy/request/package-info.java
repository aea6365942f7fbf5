/** A client's request as it arrives: its id, path and head, and the container's objects that stand for it. */
@NullMarked
package io.llmproxy.proxy.request;

import org.jspecify.annotations.NullMarked;
