/** Shares limits between nodes by way of Redis or Valkey. No request waits for it; all that it knows of limits is {@code quota}'s. */
@NullMarked
package io.llmproxy.cluster;

import org.jspecify.annotations.NullMarked;
