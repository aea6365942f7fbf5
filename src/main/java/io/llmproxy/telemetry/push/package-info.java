/** Metrics for a collector: what a scrape tells, sent at an interval in OpenTelemetry's protocol. */
@NullMarked
package io.llmproxy.telemetry.push;

import org.jspecify.annotations.NullMarked;
