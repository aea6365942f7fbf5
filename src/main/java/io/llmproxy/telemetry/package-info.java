/** Traces of exchanges, sent to a collector in OpenTelemetry's protocol. Nothing of its library is loaded unless that is configured. */
@NullMarked
package io.llmproxy.telemetry;

import org.jspecify.annotations.NullMarked;
