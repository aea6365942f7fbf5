/** What the client is sent: an upstream's answer, piece by piece, or an error of the gateway's own. */
@NullMarked
package io.llmproxy.proxy.answer;

import org.jspecify.annotations.NullMarked;
