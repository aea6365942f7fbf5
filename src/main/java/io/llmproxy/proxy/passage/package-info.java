/** What one attempt changes in the bytes between the client and the upstream that was chosen for it. */
@NullMarked
package io.llmproxy.proxy.passage;

import org.jspecify.annotations.NullMarked;
