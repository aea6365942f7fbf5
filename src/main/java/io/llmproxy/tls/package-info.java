/** Certificates and keys in files, for TLS on both sides of the gateway. */
@NullMarked
package io.llmproxy.tls;

import org.jspecify.annotations.NullMarked;
